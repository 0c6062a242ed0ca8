//! Uploads: files that were sent and wait for the form that they belong to.

use super::posted::{PostedFile, PostedFiles};
use super::{Accepted, Attachment, FileName, Files, MAX_FILES, NotAccepted, Sender, accept, queries};
use crate::db::Db;
use crate::error::Result;
use crate::ids::UserId;

/// Maximum unused uploads per user, so that nobody can fill the disk.
const MAX_UNUSED_UPLOADS: i64 = 200;

/// The message for a form with too many files.
pub const TOO_MANY: &str = "Envie até 5 arquivos.";
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
pub fn too_many(left_out: &[FileName]) -> Option<String> {
    let names = left_out.iter().map(FileName::as_str).collect::<Vec<_>>().join(", ");
    match left_out.len() {
        0 => None,
        1 => Some(format!("{TOO_MANY} Ficou de fora: {names}.")),
        _ => Some(format!("{TOO_MANY} Ficaram de fora: {names}.")),
    }
}

/// Stores one file, or returns the reason why it is refused.
async fn keep(
    db: &Db,
    files: &Files,
    uploader: UserId,
    file: PostedFile,
) -> Result<Result<Attachment, String>> {
    let unused = db.run(move |conn| queries::count_unused(conn, uploader, MAX_UNUSED_UPLOADS)).await?;
    if unused >= MAX_UNUSED_UPLOADS {
        return Ok(Err(TOO_MANY_UNUSED.into()));
    }
    let accepted = match check(db, files, Sender::User(uploader), file).await? {
        Ok(accepted) => accepted,
        Err(sentence) => return Ok(Err(sentence)),
    };
    super::keep(db, files, &accepted).await?;
    let (hash, name) = (accepted.hash(), accepted.name);
    db.transaction(move |conn| queries::add_upload(conn, hash, &name, uploader)).await.map(Ok)
}

/// Checks a file that somebody sent, or returns the reason why it is refused. Also a refused file counts
/// towards the sender's volume, because looking at it takes time.
pub async fn check(
    db: &Db,
    files: &Files,
    sender: Sender,
    file: PostedFile,
) -> Result<Result<Accepted, String>> {
    let PostedFile { name, content } = file;
    let Some(received) = content else { return Ok(Err(too_large(&name))) };
    let size = received.size;
    if let Err(wait) = db.transaction(move |conn| queries::volume::count(conn, sender, size)).await? {
        return Ok(Err(wait.refusal()));
    }
    Ok(accept(files, name, received).await?.map_err(NotAccepted::sentence))
}

/// The sentence about a file above the size limit.
pub fn too_large(name: &FileName) -> String {
    format!("{} passa de 16 MB.", name.as_str())
}
