//! An attendant's work in each department, and who could take it over.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::users::NAME_IN_A_CHOICE;

/// An attendant's work in one department.
#[derive(Clone, Debug, QueryableByName)]
pub struct Held {
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = BigInt)]
    pub schedules: i64,
    #[diesel(sql_type = BigInt)]
    pub tickets: i64,
}

/// Counts an attendant's pending schedules and open tickets by department, in all departments or in some.
pub fn held(conn: &mut PgConnection, user: UserId, within: Option<&[DepartmentId]>) -> Result<Vec<Held>> {
    Ok(diesel::sql_query(
        "SELECT d.id AS department_id, d.name AS department,
                coalesce(s.count, 0) AS schedules, coalesce(t.count, 0) AS tickets
           FROM departments d
           LEFT JOIN (SELECT department_id, count(*) AS count FROM schedules
                       WHERE attendant_id = $1 AND status = 'scheduled' GROUP BY department_id) s
                  ON s.department_id = d.id
           LEFT JOIN (SELECT department_id, count(*) AS count FROM tickets
                       WHERE attendant_id = $1 AND status = 'open' GROUP BY department_id) t
                  ON t.department_id = d.id
          WHERE (s.count > 0 OR t.count > 0) AND ($2::bigint[] IS NULL OR d.id = ANY($2))
          ORDER BY d.position, d.id",
    )
    .bind::<BigInt, _>(user)
    .bind::<Nullable<Array<BigInt>>, _>(within)
    .load(conn)?)
}

/// A user who could take over the work.
#[derive(Clone, Debug, QueryableByName)]
pub struct Candidate {
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = BigInt)]
    pub id: UserId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// Maximum attendants offered per department.
const OFFERED: i64 = 200;

/// The first other active attendants, by name, of each department where `user` has work.
pub fn candidates(conn: &mut PgConnection, user: UserId) -> Result<Vec<Candidate>> {
    Ok(diesel::sql_query(format!(
        "SELECT d.id AS department_id, other.id, other.name
           FROM departments d CROSS JOIN LATERAL (
                SELECT u.id, {NAME_IN_A_CHOICE} AS name, u.sort_name FROM department_members m JOIN users u ON u.id = m.user_id
                 WHERE m.department_id = d.id AND u.deactivated_at IS NULL AND u.id <> $1
                 ORDER BY u.sort_name, u.id LIMIT $2) other
          WHERE d.id IN (SELECT department_id FROM schedules WHERE attendant_id = $1 AND status = 'scheduled'
                   UNION SELECT department_id FROM tickets WHERE attendant_id = $1 AND status = 'open')
          ORDER BY other.sort_name, other.id",
    ))
    .bind::<BigInt, _>(user)
    .bind::<BigInt, _>(OFFERED)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Whether `user` is an active attendant of `department`. Locks both facts until the transaction ends.
pub fn attends(conn: &mut PgConnection, user: UserId, department: DepartmentId) -> Result<bool> {
    let row: Option<Found> = diesel::sql_query(
        "SELECT true AS is_found FROM users u JOIN department_members m ON m.user_id = u.id
          WHERE u.id = $1 AND m.department_id = $2 AND u.deactivated_at IS NULL FOR SHARE",
    )
    .bind::<BigInt, _>(user)
    .bind::<BigInt, _>(department)
    .get_result(conn)
    .optional()?;
    Ok(row.is_some_and(|row| row.is_found))
}

/// Locks these users until the transaction ends, in the order of their ids. Call it once with all of them:
/// otherwise two users who hand over work to each other at the same time would deadlock.
pub fn lock_users(conn: &mut PgConnection, users: &[UserId]) -> Result<()> {
    diesel::sql_query("SELECT FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
        .bind::<Array<BigInt>, _>(users)
        .execute(conn)?;
    Ok(())
}
