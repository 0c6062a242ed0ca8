//! Changes the user's own password.

use diesel::pg::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::live::{self, Event};
use crate::users;

/// Sets the password, deletes an unused link, and ends all sessions except `current`.
pub fn change_password(
    conn: &mut PgConnection,
    password_hash: &str,
    current: Option<Uuid>,
    by: &Account,
) -> Result<()> {
    users::set_password(conn, by.id, password_hash)?;
    users::revoke_link(conn, by.id)?;
    users::end_all_sessions(conn, by.id, current, by)?;
    audit::record(conn, &audit::Entry::of(Action::PasswordChanged).by(by).about(Some(by.id.0)))?;
    live::announce(conn, &Event::RightsChanged(vec![by.id]))
}
