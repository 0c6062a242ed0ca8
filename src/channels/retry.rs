//! Lets an incoming message that could not be taken be read again.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::{Account, Can, ManageChannels};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ChannelId, InboxId};
use crate::live::{self, Event};
use crate::web::{Posted, redirect_with};

pub async fn create(
    viewer: Can<ManageChannels>,
    _: Posted,
    db: web::Data<Db>,
    path: web::Path<(ChannelId, InboxId)>,
) -> Result<HttpResponse> {
    let ((channel, message), by) = (path.into_inner(), viewer.clone());
    db.transaction(move |conn| retry(conn, &by, channel, message)).await?;
    Ok(redirect_with(&format!("/channels/{channel}"), "A mensagem vai ser lida de novo."))
}

/// Can be repeated: if the message has no problem any more, nothing happens.
fn retry(conn: &mut PgConnection, by: &Account, channel: ChannelId, message: InboxId) -> Result<()> {
    queries::find(conn, channel)?;
    if queries::retry(conn, channel, message)? {
        audit::record(conn, &Entry::of(Action::ChannelMessageRetried).by(by).about(Some(channel.0)))?;
        live::announce(conn, &Event::MessagesArrived)?;
    }
    Ok(())
}
