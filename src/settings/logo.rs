//! The company's logo: on every page, on the sign-in and on the customer's chat page.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use super::views::FormPage;
use crate::audit::{self, Action};
use crate::auth::{Anyone, Can, ClientIp, ManageSettings};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::volume;
use crate::files::{self, ContentHash, Files, Kind, PostedFile, PostedFiles, Received};
use crate::ids::UserId;
use crate::web::{FILE_POLICY, FieldErrors, Flash, Posted, Shell, redirect_with};

/// The largest logo, in bytes.
const LIMIT: u64 = 1024 * 1024;

const MEDIA_TYPES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// Takes a picture in the place of the one before.
///
/// # Errors
/// The database or the store is unreachable.
pub async fn create(
    viewer: Can<ManageSettings>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let by = viewer.id;
    let (received, media_type) = match counted(&db, by, picture(form.files.pop()).await?).await? {
        Ok(picture) => picture,
        Err(sentence) => {
            let mut errors = FieldErrors::default();
            errors.add("logo", &sentence);
            let view = db.run(FormPage::load).await?.with_csrf(&shell.csrf).refused(errors.into());
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, "Erro: Empresa", view);
        }
    };
    files::keep(&db, &form.store, &received, media_type).await?;
    let hash = received.hash;
    db.transaction(move |conn| change(conn, Some(hash), by, &ip)).await?;
    Ok(redirect_with("/settings", Flash::LogoSaved))
}

/// The picture, unless its sender has uploaded too much lately; else what is wrong.
async fn counted(
    db: &Db,
    by: UserId,
    picture: Result<(Received, &'static str), &'static str>,
) -> Result<Result<(Received, &'static str), String>> {
    let picture = match picture {
        Ok(picture) => picture,
        Err(sentence) => return Ok(Err(sentence.to_owned())),
    };
    let size = picture.0.size;
    let counted = db.transaction(move |conn| volume::count(conn, by, size)).await?;
    Ok(counted.map(|()| picture).map_err(volume::refusal))
}

/// What was sent, if it is a picture of the kinds and the size that are taken; else what is wrong.
async fn picture(file: Option<PostedFile>) -> Result<Result<(Received, &'static str), &'static str>> {
    let Some(PostedFile { name, content }) = file else { return Ok(Err("Escolha uma imagem.")) };
    let Some(received) = content.filter(|received| received.size <= LIMIT) else {
        return Ok(Err("A imagem passa de 1 MB."));
    };
    let path = received.path().to_owned();
    let kind = web::block(move || Kind::of(&path, &name)).await.map_err(Error::unexpected)?;
    let kind = kind.map_err(Error::unexpected)?;
    Ok(match kind.filter(|kind| MEDIA_TYPES.contains(&kind.media_type)) {
        Some(kind) => Ok((received, kind.media_type)),
        None => Err("Envie uma imagem PNG, JPEG ou WebP."),
    })
}

/// # Errors
/// The database is unreachable.
pub async fn destroy(
    viewer: Can<ManageSettings>,
    _: Posted,
    db: web::Data<Db>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let by = viewer.id;
    db.transaction(move |conn| change(conn, None, by, &ip)).await?;
    Ok(redirect_with("/settings", Flash::LogoRemoved))
}

fn change(conn: &mut PgConnection, logo: Option<ContentHash>, by: UserId, ip: &str) -> Result<()> {
    queries::save_logo(conn, logo)?;
    let entry = audit::Entry::of(Action::SettingsEdited).by(by).with(json!({ "fields": ["logo"] }));
    audit::record(conn, &entry.from(ip))
}

/// The logo under its hash, for everybody and for ever; an older one is gone.
///
/// # Errors
/// `NotFound`; or the store is unreachable.
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
        // Compressed already.
        .insert_header((CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(content.size, content.bytes)))
}

/// The address of a logo.
pub fn path(logo: ContentHash) -> String {
    format!("/logo/{logo}")
}
