//! Saves the company's logo: a small PNG, made from the picture that was sent.

use actix_web::web;
use diesel::pg::PgConnection;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{logo_image, queries};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::volume;
use crate::files::{self, ContentHash, Files, Received};
use crate::ids::UserId;

/// Maximum size of an uploaded file, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Decoding a picture takes much memory, so each process decodes one at a time.
static PICTURES: Semaphore = Semaphore::const_new(1);

/// Saves the picture `sent` in place of the previous logo, or returns the reason why it is refused. `Some(None)` is a
/// picture that was too large to be received.
pub async fn save_logo(
    db: &Db,
    store: &Files,
    sent: Option<Option<Received>>,
    by: Account,
) -> Result<Result<(), String>> {
    let Some(sent) = sent else { return Ok(Err("Escolha uma imagem.".into())) };
    let Some(sent) = sent.filter(|sent| sent.size <= LIMIT) else {
        return Ok(Err("A imagem passa de 1 MB.".into()));
    };
    let png = match small_png(db, by.id, sent).await? {
        Ok(png) => png,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut incoming = store.receive(u64::MAX).await?;
    incoming.write(&png).await?;
    let received = incoming.finish().await?;
    files::keep(db, store, &received, "image/png").await?;
    let hash = received.hash;
    db.transaction(move |conn| set_logo(conn, Some(hash), &by)).await.map(Ok)
}

/// Counts the upload, and makes the PNG.
async fn small_png(db: &Db, by: UserId, sent: Received) -> Result<Result<Vec<u8>, String>> {
    let size = sent.size;
    if let Err(minutes) = db.transaction(move |conn| volume::count(conn, by, size)).await? {
        return Ok(Err(volume::refusal(minutes)));
    }
    let _turn = PICTURES.acquire().await.map_err(Error::unexpected)?;
    let png = web::block(move || logo_image::small_png(sent.path())).await.map_err(Error::unexpected)?;
    Ok(png.map_err(Error::unexpected)?.map_err(|refusal| refusal.sentence()))
}

/// Sets the logo, or removes it.
pub fn set_logo(conn: &mut PgConnection, logo: Option<ContentHash>, by: &Account) -> Result<()> {
    queries::save_logo(conn, logo)?;
    let entry = audit::Entry::of(Action::SettingsEdited).by(by).with(json!({ "fields": ["logo"] }));
    audit::record(conn, &entry)
}
