//! Reactivates a user.

use diesel::pg::PgConnection;

use super::editor_rights::lock_for_access;
use super::queries::{self, Standing};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Reactivates the user, if they are not active. `Conflict` if they never chose a password.
pub fn reactivate(conn: &mut PgConnection, id: UserId, by: &Account) -> Result<()> {
    let user = lock_for_access(conn, id, by)?;
    match (user.standing, user.has_password) {
        (Standing::Active, _) => return Ok(()),
        (_, false) => return Err(Error::Conflict),
        (_, true) => queries::reactivate(conn, id)?,
    }
    audit::record(conn, &audit::Entry::of(Action::UserReactivated).by(by).about(Some(id.0)))
}
