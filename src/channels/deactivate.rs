//! Deactivates and reactivates channels, and pauses and resumes their sending. All can be repeated: if the channel has
//! that state already, nothing happens.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::live::{self, Event};

pub fn deactivate(conn: &mut PgConnection, by: &Account, id: ChannelId) -> Result<()> {
    match queries::deactivate(conn, id)? {
        true => record(conn, by, id, Action::ChannelDeactivated),
        false => queries::find(conn, id).map(drop),
    }
}

pub fn reactivate(conn: &mut PgConnection, by: &Account, id: ChannelId) -> Result<()> {
    match queries::reactivate(conn, id)? {
        true => record(conn, by, id, Action::ChannelReactivated),
        false => queries::find(conn, id).map(drop),
    }
}

/// # Errors
/// `NotFound` if the channel hands nothing over, like the web chat. The same is true of `resume`.
pub fn pause(conn: &mut PgConnection, by: &Account, id: ChannelId) -> Result<()> {
    sending(conn, id)?;
    match queries::pause(conn, id, by.id)? {
        true => audit::record(conn, &Entry::of(Action::ChannelPaused).by(by).about(Some(id.0))),
        false => Ok(()),
    }
}

pub fn resume(conn: &mut PgConnection, by: &Account, id: ChannelId) -> Result<()> {
    sending(conn, id)?;
    if queries::end_pause(conn, id)? {
        queries::retry_now(conn, id)?;
        audit::record(conn, &Entry::of(Action::ChannelResumed).by(by).about(Some(id.0)))?;
        live::announce(conn, &Event::MessagesQueued)?;
    }
    Ok(())
}

/// Fails unless the channel hands messages over.
fn sending(conn: &mut PgConnection, id: ChannelId) -> Result<()> {
    match queries::find(conn, id)?.kind.hands_over() {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

fn record(conn: &mut PgConnection, by: &Account, id: ChannelId, action: Action) -> Result<()> {
    audit::record(conn, &Entry::of(action).by(by).about(Some(id.0)))?;
    if action == Action::ChannelReactivated {
        live::announce(conn, &Event::MessagesQueued)?;
    }
    live::announce(conn, &Event::LinksChanged)
}
