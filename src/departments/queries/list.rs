//! The list of departments, and a single department.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};

use crate::db;
use crate::departments::form::Name;
use crate::error::{Error, Result};
use crate::ids::DepartmentId;

/// Maximum number that pages count to. Above it they show "mais de 1.000".
pub const COUNT_LIMIT: i64 = 1000;

/// One line of the list.
#[derive(Clone, Debug, QueryableByName)]
pub struct Line {
    #[diesel(sql_type = BigInt)]
    pub id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// Number of active members.
    #[diesel(sql_type = BigInt)]
    pub members: i64,
    #[diesel(sql_type = BigInt)]
    pub open_tickets: i64,
    #[diesel(sql_type = BigInt)]
    pub pending_schedules: i64,
}

/// Every department, in the company's order.
pub fn all(conn: &mut PgConnection) -> Result<Vec<Line>> {
    // Counts pending schedules in the order of their index, so that the count can stop at its limit.
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
#[derive(Clone, Debug, QueryableByName)]
pub struct Department {
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
}

pub fn find(conn: &mut PgConnection, department: DepartmentId) -> Result<Department> {
    let query = db::prepared(
        "SELECT id, name, created_at, deactivated_at IS NULL AS is_active FROM departments WHERE id = $1",
    );
    query.bind::<BigInt, _>(department).get_result(conn).optional()?.ok_or(Error::NotFound)
}

/// Like `find`, and locks the department until the transaction ends.
pub fn find_for_update(conn: &mut PgConnection, department: DepartmentId) -> Result<Department> {
    db::prepared("SELECT FROM departments WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<BigInt, _>(department)
        .execute(conn)?;
    find(conn, department)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: DepartmentId,
}

/// Adds a department at the end of the order.
///
/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn insert(conn: &mut PgConnection, name: &Name) -> Result<DepartmentId> {
    let row: IdRow = db::prepared(
        "INSERT INTO departments (name, position)
         SELECT $1, coalesce(max(position), 0) + 1 FROM departments RETURNING id",
    )
    .bind::<Text, _>(name.as_str())
    .get_result(conn)?;
    Ok(row.id)
}

/// # Errors
/// Violates `departments_name_key` if another department has the name.
pub fn rename(conn: &mut PgConnection, department: DepartmentId, name: &Name) -> Result<()> {
    db::prepared("UPDATE departments SET name = $2 WHERE id = $1")
        .bind::<BigInt, _>(department)
        .bind::<Text, _>(name.as_str())
        .execute(conn)?;
    Ok(())
}

/// Saves the order of the departments.
pub fn set_order(conn: &mut PgConnection, departments: &[DepartmentId]) -> Result<()> {
    db::prepared(
        "UPDATE departments d SET position = placed.position
           FROM unnest($1) WITH ORDINALITY AS placed (id, position)
          WHERE d.id = placed.id AND d.position <> placed.position",
    )
    .bind::<Array<BigInt>, _>(departments)
    .execute(conn)?;
    Ok(())
}
