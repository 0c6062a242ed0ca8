//! Creates and renames departments.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{Name, snapshot};
use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::refusal::StaleEdit;

/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn create(conn: &mut PgConnection, name: &Name, by: &Account) -> Result<DepartmentId> {
    let id = queries::insert(conn, name)?;
    audit::record(conn, &audit::Entry::of(Action::DepartmentCreated).by(by).about(Some(id.0)))?;
    Ok(id)
}

/// Renames a department whose form had the version `seen`.
///
/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn rename(
    conn: &mut PgConnection,
    id: DepartmentId,
    name: &Name,
    seen: &str,
    by: &Account,
) -> Result<Result<(), StaleEdit>> {
    let department = queries::find_for_update(conn, id)?;
    if department.name == name.as_str() {
        return Ok(Ok(()));
    }
    let now = snapshot(&department);
    if now.has_changed_since(seen) {
        let renamed = [Action::DepartmentCreated, Action::DepartmentEdited];
        let last = audit::newest_about(conn, &renamed, id.0, 1)?.pop();
        return Ok(Err(StaleEdit::new(seen, &now, last)));
    }
    queries::rename(conn, id, name)?;
    let entry = audit::Entry::of(Action::DepartmentEdited).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "fields": ["name"] })))?;
    Ok(Ok(()))
}
