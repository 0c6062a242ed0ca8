//! Deactivates and reactivates channels. Both can be repeated: if the channel has that state already, nothing
//! happens.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::Result;
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

fn record(conn: &mut PgConnection, by: &Account, id: ChannelId, action: Action) -> Result<()> {
    audit::record(conn, &Entry::of(action).by(by).about(Some(id.0)))?;
    live::announce(conn, &Event::LinksChanged)
}
