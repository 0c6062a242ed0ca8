//! Uploading from a form's page, one file at a time.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::posted::PostedFiles;
use super::views::{Refused, UploadItem};
use super::{MOST, queries};
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::AttachmentId;
use crate::web::{Posted, Shell};

/// Keeps a file, beside those that its form holds already, and answers with its entry for the form. A file
/// that cannot be taken is answered with what is wrong with it (422).
///
/// # Errors
/// The database or the store is unreachable.
pub async fn create(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    form.files.truncate(1);
    let beside: Vec<AttachmentId> = form.all("files").filter_map(|id| id.parse().ok()).take(MOST).collect();
    let kept = form.keep(&db, viewer.id, &beside).await?;
    let (user, ids) = (viewer.id, kept.ids);
    let uploads = db.run(move |conn| queries::usable(conn, user, &ids)).await?;
    match uploads.into_iter().next() {
        Some(upload) => shell.fragment(StatusCode::OK, UploadItem::new(upload)),
        None => {
            let sentence = kept.refused.into_iter().next().unwrap_or_else(|| "Escolha um arquivo.".into());
            shell.fragment(StatusCode::UNPROCESSABLE_ENTITY, Refused { sentence })
        }
    }
}

/// Takes back an upload that no schedule took.
///
/// # Errors
/// `NotFound`, also for uploads of others.
pub async fn remove(
    viewer: Can<ManageSchedules>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<AttachmentId>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    match db.transaction(move |conn| queries::remove_upload(conn, id, user)).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(Error::NotFound),
    }
}
