//! Uploads: files that somebody sent and that wait for the form that they belong to.

use actix_web::web;

use super::posted::{PostedFile, PostedFiles};
use super::{Attachment, Files, Kind, queries};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{AttachmentId, UserId};

/// How many uploads somebody may have that no schedule took: with more, somebody fills the disk.
const LOOSE: i64 = 200;

/// What the page says of a form with more files than fit.
pub const TOO_MANY: &str = "Envie até 5 arquivos.";
const TOO_MANY_LOOSE: &str =
    "Você enviou muitos arquivos sem salvar. Salve um agendamento ou tente de novo amanhã.";

/// What came of the files of a form.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub ids: Vec<AttachmentId>,
    /// What the page says of those that were refused.
    pub refused: Vec<String>,
}

impl PostedFiles {
    /// Keeps the files as uploads of `uploader`, so that nobody sends them again whatever else is wrong
    /// with the form.
    ///
    /// # Errors
    /// The database or the store is unreachable.
    pub async fn keep(&mut self, db: &Db, uploader: UserId) -> Result<Kept> {
        let mut kept = Kept::default();
        for file in std::mem::take(&mut self.files) {
            match keep(db, &self.store, uploader, file).await? {
                Ok(upload) => kept.ids.push(upload.id),
                Err(sentence) => kept.refused.push(sentence),
            }
        }
        if self.is_too_many {
            kept.refused.push(TOO_MANY.into());
        }
        Ok(kept)
    }
}

/// Keeps one file, or says why it is not accepted.
///
/// # Errors
/// The database or the store is unreachable.
pub async fn keep(
    db: &Db,
    files: &Files,
    uploader: UserId,
    file: PostedFile,
) -> Result<Result<Attachment, String>> {
    let PostedFile { name, content } = file;
    let Some(received) = content else { return Ok(Err(format!("{} passa de 16 MB.", name.as_str()))) };
    if received.size == 0 {
        return Ok(Err(format!("{} está vazio.", name.as_str())));
    }
    let (path, tried) = (received.path().to_owned(), name.clone());
    let kind = web::block(move || Kind::of(&path, &tried)).await.map_err(Error::unexpected)?;
    let Some(kind) = kind.map_err(|error| Error::Unavailable(error.to_string()))? else {
        return Ok(Err(format!("{} não é um tipo de arquivo aceito.", name.as_str())));
    };
    if db.run(move |conn| queries::count_loose(conn, uploader, LOOSE)).await? >= LOOSE {
        return Ok(Err(TOO_MANY_LOOSE.into()));
    }
    super::keep(db, files, &received, kind.media_type).await?;
    let (hash, name) = (received.hash, name.with_ending(kind.usual_ending()));
    db.transaction(move |conn| queries::add_upload(conn, hash, &name, uploader)).await.map(Ok)
}
