//! Changes the entries of a user's bell, within the caller's transaction. Each change is announced to the user's
//! other tabs, and returns the new state of the bell; `None` if the user is not active.

use diesel::pg::PgConnection;

use super::queries::{self, Bell, Destination};
use crate::error::Result;
use crate::ids::{NotificationId, UserId};
use crate::live::{self, Event};

/// Marks a notification as read.
pub fn read(conn: &mut PgConnection, user: UserId, id: NotificationId) -> Result<Option<Bell>> {
    queries::read(conn, id, user)?;
    announce(conn, user)
}

/// Marks all notifications as read.
pub fn read_all(conn: &mut PgConnection, user: UserId) -> Result<Option<Bell>> {
    queries::read_all(conn, user)?;
    announce(conn, user)
}

/// Removes a notification. Can be repeated.
pub fn remove(conn: &mut PgConnection, user: UserId, id: NotificationId) -> Result<Option<Bell>> {
    queries::remove(conn, id, user)?;
    announce(conn, user)
}

/// Marks a notification as read and returns what it is about.
pub fn open(conn: &mut PgConnection, user: UserId, id: NotificationId) -> Result<Destination> {
    read(conn, user, id)?;
    queries::destination(conn, id, user)
}

fn announce(conn: &mut PgConnection, user: UserId) -> Result<Option<Bell>> {
    live::announce(conn, &Event::BellChanged(user))?;
    Ok(queries::bells(conn, &[user])?.pop())
}
