//! Stores the files of a customer's message: all of them, or none.

use crate::db::Db;
use crate::error::Result;
use crate::files::{self, IncomingFile, MAX_FILES, PostedFiles, Sender};
use crate::ids::ContactId;

/// Checks and stores the files that were posted. The inner error says which of them are refused, and why. The
/// caller writes the message that refers to them.
pub async fn keep_files(
    db: &Db,
    contact: ContactId,
    form: &mut PostedFiles,
) -> Result<Result<Vec<IncomingFile>, String>> {
    if let Some(sentence) = files::too_many(&form.left_out) {
        return Ok(Err(sentence));
    }
    let (mut accepted, mut refused) = (Vec::with_capacity(MAX_FILES), Vec::new());
    for file in std::mem::take(&mut form.files) {
        match files::check(db, &form.store, Sender::Customer(contact), file).await? {
            Ok(file) => accepted.push(file),
            Err(sentence) => refused.push(sentence),
        }
    }
    if !refused.is_empty() {
        return Ok(Err(refused.join(" ")));
    }
    let mut kept: Vec<IncomingFile> = Vec::with_capacity(accepted.len());
    for file in accepted {
        let incoming = IncomingFile { hash: file.hash(), name: file.name.clone() };
        if !kept.contains(&incoming) {
            files::keep(db, &form.store, &file).await?;
            kept.push(incoming);
        }
    }
    Ok(Ok(kept))
}
