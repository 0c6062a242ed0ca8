//! Moves a department within the company's order.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::Direction;
use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::DepartmentId;

/// Moves the department one place. Does nothing if it is the first or the last one already.
pub fn reorder(conn: &mut PgConnection, id: DepartmentId, direction: Direction, by: &Account) -> Result<()> {
    queries::lock_all(conn)?;
    queries::find(conn, id)?;
    let before: Vec<DepartmentId> = queries::all(conn)?.into_iter().map(|line| line.id).collect();
    let after = direction.applied(before.clone(), id);
    if before == after {
        return Ok(());
    }
    queries::set_order(conn, &after)?;
    let entry = audit::Entry::of(Action::DepartmentMoved).by(by).about(Some(id.0));
    audit::record(conn, &entry.with(json!({ "direction": direction.as_str() })))
}
