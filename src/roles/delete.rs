//! Deletes a role.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::RoleId;

/// # Errors
/// Violates `users_role_id_fkey` if a user has the role.
pub fn delete(conn: &mut PgConnection, id: RoleId, by: &Account) -> Result<()> {
    let role = queries::find_for_update(conn, id)?;
    if !role.may_be_edited_by(by) {
        return Err(Error::Forbidden);
    }
    queries::delete(conn, id)?;
    audit::record(conn, &audit::Entry::of(Action::RoleDeleted).by(by).about(Some(id.0)))
}
