//! Deactivating a department.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::error::Result;
use crate::ids::{ChannelId, DepartmentId, ScheduleId, UserId};

/// Locks all departments against changes of state and order until the transaction ends.
pub fn lock_all(conn: &mut PgConnection) -> Result<()> {
    diesel::sql_query("SELECT FROM departments ORDER BY id FOR NO KEY UPDATE").execute(conn)?;
    Ok(())
}

/// Locks `department` for its deactivation. The other departments are only locked against deactivation, so
/// the dispatcher can go on with their schedules. Locks in the order of ids, like `lock_all`.
pub fn lock_for_deactivation(conn: &mut PgConnection, department: DepartmentId) -> Result<()> {
    for (which, strength) in [("<", "SHARE"), ("=", "NO KEY UPDATE"), (">", "SHARE")] {
        diesel::sql_query(format!("SELECT FROM departments WHERE id {which} $1 ORDER BY id FOR {strength}"))
            .bind::<BigInt, _>(department)
            .execute(conn)?;
    }
    Ok(())
}

/// A channel whose first messages wait in the department.
#[derive(Clone, Debug, QueryableByName)]
pub struct Channel {
    #[diesel(sql_type = BigInt)]
    pub id: ChannelId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

pub fn channels(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Channel>> {
    Ok(diesel::sql_query("SELECT id, name FROM channels WHERE default_department_id = $1 ORDER BY id")
        .bind::<BigInt, _>(department)
        .load(conn)?)
}

/// Another department, which could take over the work.
#[derive(Clone, Debug, QueryableByName)]
pub struct Other {
    #[diesel(sql_type = BigInt)]
    pub id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// The other active departments, in the company's order.
pub fn active_others(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Other>> {
    Ok(diesel::sql_query(
        "SELECT id, name FROM departments WHERE deactivated_at IS NULL AND id <> $1 ORDER BY position, id",
    )
    .bind::<BigInt, _>(department)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Number of pending schedules that open a ticket, and would fail if they stay.
pub fn count_ticket_schedules(conn: &mut PgConnection, department: DepartmentId) -> Result<i64> {
    let row: Count = diesel::sql_query(
        "SELECT count(*) AS count FROM schedules
          WHERE department_id = $1 AND status = 'scheduled' AND action <> 'notify'",
    )
    .bind::<BigInt, _>(department)
    .get_result(conn)?;
    Ok(row.count)
}

/// Makes `department` the default department of `channels`.
pub fn redirect(conn: &mut PgConnection, channels: &[Channel], department: DepartmentId) -> Result<()> {
    let ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id).collect();
    diesel::sql_query("UPDATE channels SET default_department_id = $2 WHERE id = ANY($1)")
        .bind::<Array<BigInt>, _>(ids)
        .bind::<BigInt, _>(department)
        .execute(conn)?;
    Ok(())
}

/// The departments that `user` attends, and those of users whom they let in.
pub fn departments_accessible_to(conn: &mut PgConnection, user: UserId) -> Result<Vec<DepartmentId>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT DISTINCT m.department_id AS id FROM department_members m JOIN users u ON u.id = m.user_id
          WHERE u.id = $1 OR u.let_in_by = $1
             OR u.id IN (SELECT l.user_id FROM access_links l WHERE l.made_by = $1)",
    )
    .bind::<BigInt, _>(user)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The default departments of all channels, except `department`.
pub fn default_departments_except(
    conn: &mut PgConnection,
    department: DepartmentId,
) -> Result<Vec<DepartmentId>> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT DISTINCT default_department_id AS id FROM channels WHERE default_department_id <> $1",
    )
    .bind::<BigInt, _>(department)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Attendants of the department's pending schedules who are not members of `other`. They would join it.
pub fn attendants_to_enrol(
    conn: &mut PgConnection,
    department: DepartmentId,
    other: DepartmentId,
) -> Result<Vec<UserId>> {
    let rows: Vec<MemberRow> = diesel::sql_query(
        "SELECT DISTINCT s.attendant_id AS user_id FROM schedules s
          WHERE s.department_id = $1 AND s.status = 'scheduled' AND s.attendant_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM department_members m
                             WHERE m.department_id = $2 AND m.user_id = s.attendant_id)",
    )
    .bind::<BigInt, _>(department)
    .bind::<BigInt, _>(other)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: DepartmentId,
}

/// Makes the active attendants of `schedules` members of `department`. Returns those who were not members before.
pub fn enrol_attendants(
    conn: &mut PgConnection,
    department: DepartmentId,
    schedules: &[ScheduleId],
) -> Result<Vec<UserId>> {
    let rows: Vec<MemberRow> = diesel::sql_query(
        "INSERT INTO department_members (department_id, user_id)
         SELECT DISTINCT $1, u.id FROM schedules s JOIN users u ON u.id = s.attendant_id
          WHERE s.id = ANY($2) AND u.deactivated_at IS NULL
         ON CONFLICT DO NOTHING RETURNING user_id",
    )
    .bind::<BigInt, _>(department)
    .bind::<Array<BigInt>, _>(schedules)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = BigInt)]
    user_id: UserId,
}

pub fn deactivate(conn: &mut PgConnection, department: DepartmentId) -> Result<()> {
    diesel::sql_query("UPDATE departments SET deactivated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(department)
        .execute(conn)?;
    Ok(())
}

/// `false` if it was active already.
pub fn reactivate(conn: &mut PgConnection, department: DepartmentId) -> Result<bool> {
    let changed = diesel::sql_query(
        "UPDATE departments SET deactivated_at = NULL WHERE id = $1 AND deactivated_at IS NOT NULL",
    )
    .bind::<BigInt, _>(department)
    .execute(conn)?;
    Ok(changed > 0)
}
