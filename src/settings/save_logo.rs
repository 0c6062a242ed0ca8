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
use crate::files::{self, Accepted, ContentHash, Files, PostedFile, Received, Sender};

/// Maximum size of an uploaded file, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Decoding a picture takes much memory, so each process decodes one at a time.
static PICTURES: Semaphore = Semaphore::const_new(1);

/// Saves the picture `sent` in place of the previous logo, or returns the reason why it is refused.
pub async fn save_logo(
    db: &Db,
    store: &Files,
    sent: Option<PostedFile>,
    by: Account,
) -> Result<Result<(), String>> {
    let Some(PostedFile { name, content }) = sent else { return Ok(Err("Escolha uma imagem.".into())) };
    let Some(sent) = content.filter(|sent| sent.size <= LIMIT) else {
        return Ok(Err("A imagem passa de 1 MB.".into()));
    };
    let (sender, size) = (Sender::User(by.id), sent.size);
    if let Err(wait) = db.transaction(move |conn| volume::count(conn, sender, size)).await? {
        return Ok(Err(wait.refusal()));
    }
    if let Err(refusal) = files::scan(store, &name, &sent).await {
        return Ok(Err(refusal.sentence()));
    }
    let png = match small_png(sent).await? {
        Ok(png) => png,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut incoming = store.receive(u64::MAX).await?;
    incoming.write(&png).await?;
    let received = incoming.finish().await?;
    let accepted = Accepted::made_here(received, "image/png");
    files::keep(db, store, &accepted).await?;
    let hash = accepted.hash();
    db.transaction(move |conn| set_logo(conn, Some(hash), &by)).await.map(Ok)
}

/// Makes the PNG, or returns the reason why the picture is refused.
async fn small_png(sent: Received) -> Result<Result<Vec<u8>, String>> {
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
