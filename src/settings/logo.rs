//! The company's logo, shown on every page, on the sign-in page and on the customer's chat page.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::queries;
use super::save_logo::{save_logo, set_logo};
use super::views::Edit;
use crate::auth::{Anyone, Can, ManageSettings};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::{ContentHash, Files, PostedFiles};
use crate::refusal::FieldErrors;
use crate::web::{FILE_POLICY, Posted, Shell, redirect_with};

/// Saves a new logo, in place of the previous one.
pub async fn create(
    viewer: Can<ManageSettings>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let sent = form.files.pop();
    let Err(sentence) = save_logo(&db, &form.store, sent, (**viewer).clone()).await? else {
        return Ok(redirect_with("/settings", "Logotipo salvo."));
    };
    let mut errors = FieldErrors::default();
    errors.add("logo", sentence);
    let view = db.run(Edit::load).await?.with_errors(errors);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Empresa", view)
}

pub async fn destroy(viewer: Can<ManageSettings>, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let by = viewer.clone();
    db.transaction(move |conn| set_logo(conn, None, &by)).await?;
    Ok(redirect_with("/settings", "Logotipo removido."))
}

/// Serves the logo under its hash: public, and cached for ever. An older logo is not found.
pub async fn show(
    _: Anyone,
    db: web::Data<Db>,
    store: web::Data<Files>,
    hash: web::Path<String>,
) -> Result<HttpResponse> {
    let hash: ContentHash = hash.parse().map_err(|_| Error::NotFound)?;
    let media_type = db.run(move |conn| queries::logo_media_type(conn, hash)).await?;
    let content = store.read(hash).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header(("content-security-policy", FILE_POLICY))
        // It is already compressed.
        .insert_header((CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(content.size, content.bytes)))
}

/// The address of a logo.
pub fn path(logo: ContentHash) -> String {
    format!("/logo/{logo}")
}
