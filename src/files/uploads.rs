//! Uploads: files that were sent and wait for the form that they belong to.

use actix_web::web;

use super::posted::{PostedFile, PostedFiles};
use super::{Attachment, FileName, Files, Kind, MAX_FILES, Received, queries};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Maximum unused uploads per user, so that nobody can fill the disk.
const MAX_UNUSED_UPLOADS: i64 = 200;

/// The message for a form with too many files.
pub const TOO_MANY: &str = "Envie até 5 arquivos.";
const ACCEPTED: &str = "O conteúdo deve ser PDF, imagem, áudio, vídeo, Word, Excel, PowerPoint, OpenDocument, texto ou outro dos formatos aceitos, como diz o nome.";
const TOO_MANY_UNUSED: &str =
    "Você enviou muitos arquivos sem salvar. Salve um agendamento ou tente de novo amanhã.";

/// The outcome for the files of a form.
#[derive(Clone, Debug, Default)]
pub struct KeptUploads {
    pub uploads: Vec<Attachment>,
    /// The messages about refused files.
    pub refused: Vec<String>,
}

impl PostedFiles {
    /// Stores the files as uploads of `uploader`, so that they need not be sent again if the form has errors.
    /// Drops duplicates, and files beyond the maximum; the files `already_in_form` count too.
    pub async fn keep(
        &mut self,
        db: &Db,
        uploader: UserId,
        already_in_form: Vec<Attachment>,
    ) -> Result<KeptUploads> {
        let mut kept = KeptUploads::default();
        let files = std::mem::take(&mut self.files);
        if files.is_empty() {
            return Ok(kept);
        }
        let mut known = already_in_form;
        let mut left_out = Vec::new();
        for file in files {
            if known.len() >= MAX_FILES {
                left_out.push(file.name);
                continue;
            }
            match keep(db, &self.store, uploader, file).await? {
                Ok(upload) if known.iter().any(|other| is_same(other, &upload)) => {
                    db.transaction(move |conn| queries::remove_upload(conn, upload.id, uploader)).await?;
                    kept.refused.push(format!("{} já está anexado.", upload.file_name));
                }
                Ok(upload) => {
                    known.push(upload.clone());
                    kept.uploads.push(upload);
                }
                Err(sentence) => kept.refused.push(sentence),
            }
        }
        left_out.append(&mut self.left_out);
        kept.refused.extend(too_many(&left_out));
        Ok(kept)
    }
}

fn is_same(one: &Attachment, other: &Attachment) -> bool {
    one.sha256 == other.sha256 && one.file_name == other.file_name
}

/// The message that names the files beyond the maximum; `None` if there are none.
fn too_many(left_out: &[FileName]) -> Option<String> {
    let names = left_out.iter().map(FileName::as_str).collect::<Vec<_>>().join(", ");
    match left_out.len() {
        0 => None,
        1 => Some(format!("{TOO_MANY} Ficou de fora: {names}.")),
        _ => Some(format!("{TOO_MANY} Ficaram de fora: {names}.")),
    }
}

/// Stores one file, or returns the reason why it is refused.
pub async fn keep(
    db: &Db,
    files: &Files,
    uploader: UserId,
    file: PostedFile,
) -> Result<Result<Attachment, String>> {
    let PostedFile { name, content } = file;
    let Some(received) = content else { return Ok(Err(too_large(&name))) };
    let kind = match accepted_kind(&name, &received).await? {
        Ok(kind) => kind,
        Err(sentence) => return Ok(Err(sentence)),
    };
    if db.run(move |conn| queries::count_unused(conn, uploader, MAX_UNUSED_UPLOADS)).await?
        >= MAX_UNUSED_UPLOADS
    {
        return Ok(Err(TOO_MANY_UNUSED.into()));
    }
    let size = received.size;
    if let Err(minutes) = db.transaction(move |conn| queries::volume::count(conn, uploader, size)).await? {
        return Ok(Err(queries::volume::refusal(minutes)));
    }
    super::keep(db, files, &received, kind.media_type).await?;
    let (hash, name) = (received.hash, name.with_extension(kind.usual_extension()));
    db.transaction(move |conn| queries::add_upload(conn, hash, &name, uploader)).await.map(Ok)
}

/// The sentence about a file above the size limit.
pub fn too_large(name: &FileName) -> String {
    format!("{} passa de 16 MB.", name.as_str())
}

/// The kind of a received file, or the reason why it is refused.
pub async fn accepted_kind(name: &FileName, received: &Received) -> Result<Result<&'static Kind, String>> {
    if received.size == 0 {
        return Ok(Err(format!("{} está vazio.", name.as_str())));
    }
    let (path, tried) = (received.path().to_owned(), name.clone());
    let kind = web::block(move || Kind::of(&path, &tried)).await.map_err(Error::unexpected)?;
    let kind = kind.map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(kind.ok_or_else(|| format!("{} não é um tipo de arquivo aceito. {ACCEPTED}", name.as_str())))
}
