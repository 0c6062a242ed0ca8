//! Files ("arquivos"): sent along with a schedule's message, and by customers.
//!
//! The bytes are in the store ([`Files`]), once per content, named by their SHA-256. The table `blobs` has
//! one row per file. An attachment gives a blob a name and ties it to an upload (sent, but not used yet), to
//! a schedule, or to a message.
//!
//! Every file has a row and every row has a file, even if the process dies at any moment. First the row is
//! written ([`keep`]), then the file is moved into the store, then a foreign key refers to the row. If
//! nothing refers to a row an hour later, row and file are deleted.

mod accepted;
mod attachment;
mod content;
mod hash;
mod incoming;
mod kind;
mod name;
mod posted;
pub mod queries;
mod scanner;
mod sender;
mod serve;
mod store;
pub mod sweep;
mod uploads;
mod uploads_in_progress;
mod views;

pub use accepted::{Accepted, IncomingFile, NotAccepted, accept, scan};
pub use attachment::{Attachment, size};
pub use hash::ContentHash;
pub use incoming::{Incoming, Received};
pub use kind::{FAMILIES, Kind, icon, is_played, is_previewed, served_as};
pub use name::FileName;
pub use posted::{PostedFile, PostedFiles, Receiving};
pub use scanner::Scanner;
pub use sender::Sender;
pub use serve::answer;
pub use store::{Files, StoredFile};
pub use uploads::{KeptUploads, TOO_MANY, check, too_large, too_many};
pub use uploads_in_progress::UploadShare;
pub use views::{FileList, RefusedFile, UploadItem};

use crate::db::Db;
use crate::error::Result;

/// Maximum size of a file, in bytes, and maximum number of files per message.
pub const MAX_SIZE: u64 = 16 * 1024 * 1024;
pub const MAX_FILES: usize = 5;

/// Stores an accepted file: first its row, then its bytes. The caller must then refer to `blobs.sha256`;
/// otherwise the sweeper deletes the file after an hour.
pub async fn keep(db: &Db, files: &Files, accepted: &Accepted) -> Result<()> {
    let (hash, size, media_type) = (accepted.received.hash, accepted.received.size, accepted.media_type);
    // This waits for a sweeper that is about to delete the same content, and protects the row for an hour.
    db.transaction(move |conn| queries::claim_blob(conn, hash, size, media_type)).await?;
    files.put(&accepted.received).await
}
