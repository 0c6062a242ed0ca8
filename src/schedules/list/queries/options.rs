//! What the selects of the filters offer.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::error::Result;
use crate::schedules::queries::Choice;

/// Departments and users, also those that were deactivated: their schedules are still there.
#[derive(Clone, Debug)]
pub struct Options {
    pub departments: Vec<Choice>,
    pub users: Vec<Choice>,
}

/// # Errors
/// The database is unreachable.
pub fn options(conn: &mut PgConnection) -> Result<Options> {
    let departments = diesel::sql_query(
        "SELECT id, name, CASE WHEN deactivated_at IS NULL THEN '' ELSE 'desativado' END AS sub
           FROM departments ORDER BY deactivated_at IS NOT NULL, position, plain(name) COLLATE \"C\", id",
    )
    .load(conn)?;
    let users = diesel::sql_query(
        "SELECT id, name, CASE WHEN deactivated_at IS NULL THEN '' ELSE 'desativado' END AS sub
           FROM users ORDER BY deactivated_at IS NOT NULL, plain(name) COLLATE \"C\", id",
    )
    .load(conn)?;
    Ok(Options { departments, users })
}
