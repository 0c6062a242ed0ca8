//! Reactivates a department.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::DepartmentId;

/// Does nothing if the department is active.
pub fn reactivate(conn: &mut PgConnection, id: DepartmentId, by: &Account) -> Result<()> {
    queries::find(conn, id)?;
    if !queries::reactivate(conn, id)? {
        return Ok(());
    }
    audit::record(conn, &audit::Entry::of(Action::DepartmentReactivated).by(by).about(Some(id.0)))
}
