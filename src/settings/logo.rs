//! The company's logo, shown on every page, on the sign-in page and on the customer's chat page.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use tokio::sync::Semaphore;

use super::save_logo::save_logo;
use super::views::Edit;
use super::{logo_image, queries};
use crate::auth::{Anyone, Can, ManageSettings};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::volume;
use crate::files::{self, ContentHash, Files, PostedFile, PostedFiles, Received};
use crate::ids::UserId;
use crate::refusal::FieldErrors;
use crate::web::{FILE_POLICY, Posted, Shell, redirect_with};

/// Maximum size of an uploaded file, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Decoding a picture takes much memory, so each process decodes one at a time.
static PICTURES: Semaphore = Semaphore::const_new(1);

/// Saves a new logo, in place of the previous one.
pub async fn create(
    viewer: Can<ManageSettings>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let by = viewer.clone();
    let received = match picture(&db, &form.store, viewer.id, form.files.pop()).await? {
        Ok(received) => received,
        Err(sentence) => {
            let mut errors = FieldErrors::default();
            errors.add("logo", sentence);
            let view = db.run(Edit::load).await?.with_errors(errors);
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Empresa", view);
        }
    };
    files::keep(&db, &form.store, &received, "image/png").await?;
    let hash = received.hash;
    db.transaction(move |conn| save_logo(conn, Some(hash), &by)).await?;
    Ok(redirect_with("/settings", "Logotipo salvo."))
}

/// The small PNG made from the uploaded file, or the error to show.
async fn picture(
    db: &Db,
    store: &Files,
    by: UserId,
    file: Option<PostedFile>,
) -> Result<Result<Received, String>> {
    let Some(PostedFile { content, .. }) = file else { return Ok(Err("Escolha uma imagem.".into())) };
    let Some(sent) = content.filter(|sent| sent.size <= LIMIT) else {
        return Ok(Err("A imagem passa de 1 MB.".into()));
    };
    let size = sent.size;
    if let Err(wait) = db.transaction(move |conn| volume::count(conn, by, size)).await? {
        return Ok(Err(volume::refusal(wait)));
    }
    let _turn = PICTURES.acquire().await.map_err(Error::unexpected)?;
    let png = web::block(move || logo_image::small_png(sent.path())).await.map_err(Error::unexpected)?;
    let png = match png.map_err(Error::unexpected)? {
        Ok(png) => png,
        Err(refusal) => return Ok(Err(refusal.sentence())),
    };
    let mut incoming = store.receive(u64::MAX).await?;
    incoming.write(&png).await?;
    incoming.finish().await.map(Ok)
}

pub async fn destroy(viewer: Can<ManageSettings>, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let by = viewer.clone();
    db.transaction(move |conn| save_logo(conn, None, &by)).await?;
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
