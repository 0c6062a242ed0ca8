//! Uploads one file at a time from a page with a form.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::queries;
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::remove_upload;
use crate::files::{KeptUploads, MAX_FILES, PostedFiles, RefusedFile, UploadItem};
use crate::ids::{AttachmentId, UserId};
use crate::web::{Posted, Shell};

/// Keeps a file, unless the form already holds the maximum, and returns its entry for the form. A refused
/// file is answered with the reason (422).
pub async fn create(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    form.files.truncate(1);
    let beside: Vec<AttachmentId> =
        form.all("files").filter_map(|id| id.parse().ok()).take(MAX_FILES).collect();
    let kept = keep(&mut form, &db, viewer.id, &beside).await?;
    match kept.uploads.into_iter().next() {
        Some(upload) => shell.fragment(StatusCode::OK, UploadItem::new(upload)),
        None => {
            let sentence = kept.refused.into_iter().next().unwrap_or_else(|| "Escolha um arquivo.".into());
            shell.fragment(StatusCode::UNPROCESSABLE_ENTITY, RefusedFile { sentence })
        }
    }
}

/// Keeps the files of a form as uploads of `user`, as many as fit beside those that the form `named` already.
pub async fn keep(
    form: &mut PostedFiles,
    db: &Db,
    user: UserId,
    named: &[AttachmentId],
) -> Result<KeptUploads> {
    if form.files.is_empty() {
        return Ok(KeptUploads::default());
    }
    let ids = named.to_vec();
    let beside = db.run(move |conn| queries::usable_files(conn, user, &ids)).await?;
    form.keep(db, user, beside).await
}

/// Deletes an upload that no schedule uses. Uploads of other users are not found.
pub async fn destroy(
    viewer: Can<ManageSchedules>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<AttachmentId>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    match db.transaction(move |conn| remove_upload(conn, id, user)).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(Error::NotFound),
    }
}
