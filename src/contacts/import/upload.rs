//! Stores an uploaded file as a new import.

use actix_web::web;

use super::queries;
use super::summary::{FileSummary, read_on_blocking_pool};
use super::table::ReadSettings;
use crate::auth::Account;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::Received;
use crate::files::queries::volume;
use crate::ids::{ChannelId, ImportId};

/// Stores the file as a new import. The inner error is the field that is wrong, and the message for it.
pub async fn store_upload(
    db: &Db,
    account: &Account,
    channel: Option<ChannelId>,
    file_name: &str,
    received: Received,
) -> Result<Result<ImportId, (&'static str, String)>> {
    let kind = db
        .run(move |conn| {
            queries::delete_old(conn)?;
            Ok(channel.map(|channel| queries::kind_of(conn, channel)).transpose()?.flatten())
        })
        .await?;
    let Some(channel) = channel.filter(|_| kind.is_some()) else {
        return Ok(Err(("channel_id", "Selecione a conexão.".into())));
    };
    // The file stays in the database for up to a week, so it counts towards the user's upload volume.
    let (by, size, file_name) = (account.id, received.size, file_name.to_owned());
    if let Err(minutes) = db.transaction(move |conn| volume::count(conn, by, size)).await? {
        return Ok(Err(("file", volume::refusal(minutes))));
    }
    let content = web::block(move || std::fs::read(received.path())).await.map_err(Error::unexpected)?;
    let content = content.map_err(Error::unexpected)?;
    let read =
        read_on_blocking_pool(move || FileSummary::of(&content, &ReadSettings::default()).map(|_| content))
            .await?;
    match read {
        Err(sentence) => Ok(Err(("file", sentence.into()))),
        Ok(content) => {
            let created =
                db.run(move |conn| queries::create(conn, by, channel, (&file_name, &content))).await?;
            Ok(Ok(created))
        }
    }
}
