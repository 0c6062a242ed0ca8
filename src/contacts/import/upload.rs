//! Stores an uploaded file as a new import.

use super::queries;
use super::summary::{FileSummary, read_on_blocking_pool};
use super::table::ReadSettings;
use crate::auth::Account;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::volume;
use crate::files::{self, FileName, Files, Received, Sender};
use crate::ids::{ChannelId, ImportId};
use crate::refusal::FieldErrors;

/// Stores the file as a new import, if contacts can be read from it.
pub async fn store_upload(
    db: &Db,
    account: &Account,
    channel: Option<ChannelId>,
    file: (&FileName, Received),
    store: &Files,
) -> Result<Result<ImportId, FieldErrors>> {
    let kind = db
        .run(move |conn| {
            queries::delete_old(conn)?;
            Ok(channel.map(|channel| queries::kind_of(conn, channel)).transpose()?.flatten())
        })
        .await?;
    let Some(channel) = channel.filter(|_| kind.is_some()) else {
        return Ok(Err(refused("channel_id", "Selecione a conexão.")));
    };
    // The file stays in the database for up to a week, so it counts towards the user's upload volume.
    let (name, received) = file;
    let (by, size, file_name) = (account.id, received.size, name.as_str().to_owned());
    if let Err(wait) = db.transaction(move |conn| volume::count(conn, Sender::User(by), size)).await? {
        return Ok(Err(refused("file", &wait.refusal())));
    }
    if let Err(refusal) = files::scan(store, name, &received).await {
        return Ok(Err(refused("file", &refusal.sentence())));
    }
    let content = match read_on_blocking_pool(move || readable_content(&received)).await?? {
        Ok(content) => content,
        Err(sentence) => return Ok(Err(refused("file", sentence))),
    };
    db.run(move |conn| queries::create(conn, by, channel, (&file_name, &content))).await.map(Ok)
}

/// The file's content. The inner error says in words for the user why this is not a file of contacts.
fn readable_content(received: &Received) -> Result<Result<Vec<u8>, &'static str>> {
    let content = std::fs::read(received.path()).map_err(Error::unexpected)?;
    Ok(FileSummary::of(&content, &ReadSettings::default()).map(|_| content))
}

fn refused(field: &'static str, message: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add(field, message);
    errors
}
