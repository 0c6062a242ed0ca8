//! The list of departments, and a single department.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::departments::form::Name;
use crate::error::{Error, Result};
use crate::ids::DepartmentId;
use crate::schema::departments;

/// Maximum number that pages count to. Above it they show "mais de 1.000".
pub const COUNT_LIMIT: i64 = 1000;

db::row! {
    /// One line of the list.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub id: DepartmentId,
        pub name: String,
        pub is_active: bool,
        /// Number of active members.
        pub members: i64,
        pub open_tickets: i64,
        pub pending_schedules: i64,
    }
}

/// Every department, in the company's order.
pub fn all(conn: &mut PgConnection) -> Result<Vec<Line>> {
    // As SQL text: each count stops at its limit. Pending schedules are counted in the order of their index, because
    // only then the count can stop early.
    Ok(db::prepared(format!(
        "SELECT d.id, d.name, d.deactivated_at IS NULL AS is_active,
                (SELECT count(*) FROM department_members m JOIN users u ON u.id = m.user_id
                  WHERE m.department_id = d.id AND u.deactivated_at IS NULL) AS members,
                (SELECT count(*) FROM (SELECT FROM tickets t
                  WHERE t.department_id = d.id AND t.status = 'open' LIMIT {most}) AS t) AS open_tickets,
                (SELECT count(*) FROM (SELECT FROM schedules s
                  WHERE s.department_id = d.id AND s.status = 'scheduled'
                  ORDER BY s.due_at LIMIT {most}) AS s) AS pending_schedules
           FROM departments d ORDER BY d.position, d.id",
        most = COUNT_LIMIT + 1
    ))
    .load(conn)?)
}

/// A department as shown on its page.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    #[diesel(select_expression = departments::deactivated_at.is_null())]
    pub is_active: bool,
}

pub fn find(conn: &mut PgConnection, department: DepartmentId) -> Result<Department> {
    let found = departments::table.find(department).select(Department::as_select()).first(conn);
    found.optional()?.ok_or(Error::NotFound)
}

/// Like `find`, and locks the department until the transaction ends.
pub fn find_for_update(conn: &mut PgConnection, department: DepartmentId) -> Result<Department> {
    departments::table.find(department).select(departments::id).for_no_key_update().execute(conn)?;
    find(conn, department)
}

/// Adds a department at the end of the order.
///
/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn insert(conn: &mut PgConnection, name: &Name) -> Result<DepartmentId> {
    // As SQL text: the position comes from the other rows.
    Ok(db::prepared(
        "INSERT INTO departments (name, position)
         SELECT $1, coalesce(max(position), 0) + 1 FROM departments RETURNING id",
    )
    .bind(name.as_str())
    .get_result(conn)?)
}

/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn rename(conn: &mut PgConnection, department: DepartmentId, name: &Name) -> Result<()> {
    diesel::update(departments::table.find(department))
        .set(departments::name.eq(name.as_str()))
        .execute(conn)?;
    Ok(())
}

/// Saves the order of the departments.
pub fn set_order(conn: &mut PgConnection, departments: &[DepartmentId]) -> Result<()> {
    // As SQL text: one statement for all rows, with the position of each id in the array.
    db::prepared(
        "UPDATE departments d SET position = placed.position
           FROM unnest($1) WITH ORDINALITY AS placed (id, position)
          WHERE d.id = placed.id AND d.position <> placed.position",
    )
    .bind(departments)
    .execute(conn)?;
    Ok(())
}
