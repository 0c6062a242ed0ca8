//! Ends sessions of a user.

use diesel::pg::PgConnection;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::live::{self, Event};

/// Ends all sessions of a user except `except`, and their streams.
pub fn end_all_sessions(
    conn: &mut PgConnection,
    user: UserId,
    except: Option<Uuid>,
    by: &Account,
) -> Result<()> {
    let ended = queries::end_sessions(conn, user, None, except)?;
    record_and_announce(conn, user, ended, by)
}

/// Ends one session of a user. `NotFound` if it is not theirs or has ended.
pub fn end_session(conn: &mut PgConnection, user: UserId, session: Uuid, by: &Account) -> Result<()> {
    match queries::end_sessions(conn, user, Some(session), None)? {
        0 => Err(Error::NotFound),
        ended => record_and_announce(conn, user, ended, by),
    }
}

/// A stream belongs to a user, not to a session: all of the user's streams restart, if they still may.
fn record_and_announce(conn: &mut PgConnection, user: UserId, ended: usize, by: &Account) -> Result<()> {
    let entry = audit::Entry::of(Action::SessionsEnded).by(by).about(Some(user.0));
    audit::record(conn, &entry.with(json!({ "count": ended })))?;
    live::announce(conn, &Event::RightsChanged(vec![user]))
}
