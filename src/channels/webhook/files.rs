//! Downloads of the files of a message by the other side.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;

use super::link::{FileLinks, LinkQuery};
use crate::auth::Anyone;
use crate::channels::TransportOptions;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::{self, Attachment, ContentHash, Files};
use crate::ids::AttachmentId;

/// Sends a file. Its link is the permission. Not found if the link is forged or has ended, or if the file is gone.
pub async fn show(
    _: Anyone,
    (path, query): (web::Path<(String, String)>, web::Query<LinkQuery>),
    options: web::Data<TransportOptions>,
    (db, files): (web::Data<Db>, web::Data<Files>),
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (hash, name) = path.into_inner();
    let hash: ContentHash = hash.parse().map_err(|_| Error::NotFound)?;
    if !FileLinks::new(&options).is_valid(hash, &name, &query, Utc::now()) {
        return Err(Error::NotFound);
    }
    let (media_type, size) = db.run(move |conn| files::queries::blob(conn, hash)).await?;
    let file = Attachment { id: AttachmentId(0), sha256: hash, file_name: name, media_type, size };
    files::answer(&files, &file, &request).await
}
