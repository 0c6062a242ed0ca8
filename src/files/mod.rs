//! Files ("arquivos"): what is sent along with a schedule's message.
//!
//! The bytes are in the store ([`Files`]), once for the same content, under their SHA-256; the table
//! `blobs` has a row for each. An attachment is a name that ties such a blob to an upload (somebody
//! sent it, nothing uses it yet), to a schedule, or to a message.
//!
//! No file without a row, no row without a file, whenever the process dies: the row is written first
//! ([`keep`]), then the file is put in its place, then something refers to the row by a foreign key.
//! What nobody refers to an hour later goes again, row and file.

mod attachment;
mod content;
mod handlers;
mod hash;
mod incoming;
mod kind;
mod name;
mod place;
mod posted;
pub mod queries;
mod serve;
mod store;
pub mod sweep;
mod under_way;
mod uploads;
mod views;

pub use attachment::{Attachment, size};
pub use hash::ContentHash;
pub use incoming::{Incoming, Received};
pub use kind::{IN_WORDS, Kind, icon, is_played, is_previewed, served_as};
pub use name::FileName;
pub use place::{Place, PlaceError};
pub use posted::{PostedFile, PostedFiles};
pub use store::{Content, Files};
pub use under_way::{MOST_UNDER_WAY, Share};
pub use uploads::{Kept, TOO_MANY, keep as keep_upload};
pub use views::{FileList, UploadItem};

use crate::db::Db;
use crate::error::Result;
use crate::web::Route;

/// The largest file, in bytes, and how many go with one message.
pub const SIZE_LIMIT: u64 = 16 * 1024 * 1024;
pub const MOST: usize = 5;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/files/{id}/{name}", serve::show),
        Route::get("/c/{contact:[0-9]+}/files/{id}/{name}", serve::show_to_customer),
        Route::post("/uploads", handlers::create),
        Route::post("/uploads/{id}/removal", handlers::remove),
    ]
}

/// Keeps a file that was received: its row, then its bytes. Whoever then refers to
/// `blobs.sha256` keeps it for good.
///
/// # Errors
/// The database or the store is unreachable; nothing stays that the sweeper would not find.
pub async fn keep(db: &Db, files: &Files, received: &Received, media_type: &str) -> Result<()> {
    let (hash, size, media_type) = (received.hash, received.size, media_type.to_owned());
    // Waits for a sweeper that is about to remove the same content, and protects it for an hour.
    db.transaction(move |conn| queries::claim_blob(conn, hash, size, &media_type)).await?;
    files.put(received).await
}
