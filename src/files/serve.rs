//! Files as they are downloaded and previewed: by whoever may see the schedule or the conversation, and
//! by the customer whom they were sent to.
//!
//! No content of a customer's or colleague's file may ever act in our name: it is an attachment, its
//! type is not guessed, and whatever opens it does so in a sandbox.

use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, Charset, ContentDisposition, DispositionParam,
    DispositionType, ETAG, ExtendedValue, IF_NONE_MATCH,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{Attachment, Files, queries};
use crate::auth::Viewer;
use crate::conversations::chat::Customer;
use crate::db::Db;
use crate::error::Result;
use crate::ids::AttachmentId;
use crate::web::FILE_POLICY;

/// # Errors
/// `NotFound`, also outside the viewer's scope.
pub async fn show(
    viewer: Viewer,
    db: web::Data<Db>,
    files: web::Data<Files>,
    path: web::Path<(AttachmentId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (user, (id, _)) = (viewer.id, path.into_inner());
    let file = db.run(move |conn| queries::readable(conn, user, id)).await?;
    answer(&files, &file, &request).await
}

/// # Errors
/// 404 without a valid link, and for what was not sent to this customer.
pub async fn show_to_customer(
    customer: Customer,
    db: web::Data<Db>,
    files: web::Data<Files>,
    path: web::Path<(String, AttachmentId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (contact, (_, id, _)) = (customer.id, path.into_inner());
    let file = db.run(move |conn| queries::sent_to(conn, contact, id)).await?;
    answer(&files, &file, &request).await
}

/// The file as a stream; nothing but "unchanged" if the browser has it. It asks each time, so that
/// who may see it no longer sees it no longer.
async fn answer(files: &Files, file: &Attachment, request: &HttpRequest) -> Result<HttpResponse> {
    let tag = format!("\"{}\"", file.sha256);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .finish());
    }
    let content = files.read(file.sha256).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.media_type.as_str()))
        .insert_header(disposition(&file.file_name))
        .insert_header(("content-security-policy", FILE_POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((ETAG, tag))
        // Compressed already, most of them; and so the length is told.
        .insert_header((CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(content.size, content.bytes)))
}

/// The name for browsers, and for the oldest of them without what ASCII lacks.
fn disposition(name: &str) -> ContentDisposition {
    let plain = |c: char| if c.is_ascii() && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
    let value = name.as_bytes().to_vec();
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(name.chars().map(plain).collect()),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".into()),
                language_tag: None,
                value,
            }),
        ],
    }
}
