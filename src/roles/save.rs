//! Creates and changes roles.

use diesel::pg::PgConnection;

use super::form::{RoleInput, snapshot};
use super::{history, queries};
use crate::audit::{self, Action};
use crate::auth::{Account, Permissions};
use crate::error::{Error, Result};
use crate::ids::RoleId;
use crate::live::{self, Event};
use crate::refusal::{FieldErrors, Refusal, StaleEdit};

/// # Errors
/// Violates `roles_name_key` if another role has the name.
pub fn create(conn: &mut PgConnection, input: &RoleInput, by: &Account) -> Result<Result<(), FieldErrors>> {
    let valid = match input.parse(by, Permissions::default()) {
        Ok(valid) => valid,
        Err(errors) => return Ok(Err(errors)),
    };
    let id = queries::insert(conn, &valid)?;
    let entry = audit::Entry::of(Action::RoleCreated).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(history::details_of_new(&valid)))?;
    Ok(Ok(()))
}

/// Saves a role. The change takes effect with the members' next request.
///
/// # Errors
/// Violates `roles_name_key` if another role has the name.
pub fn update(
    conn: &mut PgConnection,
    id: RoleId,
    input: &RoleInput,
    by: &Account,
) -> Result<Result<(), Refusal>> {
    let role = queries::find_for_update(conn, id)?;
    if !role.may_be_edited_by(by) {
        return Err(Error::Forbidden);
    }
    let valid = match input.parse(by, role.permissions()) {
        Ok(valid) => valid,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let Some(details) = history::details(&role, &valid) else { return Ok(Ok(())) };
    let now = snapshot(&role);
    if now.has_changed_since(&input.version) {
        let last = audit::newest_about(conn, history::AUDITED, id.0, 1)?.pop();
        return Ok(Err(StaleEdit::new(&input.version, &now, last).into()));
    }
    queries::save(conn, id, &valid)?;
    audit::record(conn, &audit::Entry::of(Action::RoleEdited).by(by).about(Some(id.0)).with(details))?;
    let members = queries::member_ids(conn, id)?;
    live::announce(conn, &Event::RightsChanged(members))?;
    Ok(Ok(()))
}
