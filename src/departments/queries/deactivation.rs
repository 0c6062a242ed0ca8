//! Deactivating a department.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, DepartmentId, ScheduleId, UserId};
use crate::schema::{channels, departments};

/// Locks all departments against changes of state and order until the transaction ends.
pub fn lock_all(conn: &mut PgConnection) -> Result<()> {
    departments::table.order(departments::id).select(departments::id).for_no_key_update().execute(conn)?;
    Ok(())
}

/// Locks `department` for its deactivation. The other departments are only locked against deactivation, so
/// the dispatcher can go on with their schedules. Locks in the order of ids, like `lock_all`.
pub fn lock_for_deactivation(conn: &mut PgConnection, department: DepartmentId) -> Result<()> {
    let in_order = departments::table.order(departments::id).select(departments::id);
    in_order.filter(departments::id.lt(department)).for_share().execute(conn)?;
    in_order.filter(departments::id.eq(department)).for_no_key_update().execute(conn)?;
    in_order.filter(departments::id.gt(department)).for_share().execute(conn)?;
    Ok(())
}

/// A channel whose first messages wait in the department.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = channels)]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
}

pub fn channels(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Channel>> {
    Ok(channels::table
        .filter(channels::default_department_id.eq(department))
        .order(channels::id)
        .select(Channel::as_select())
        .load(conn)?)
}

/// Another department, which could take over the work.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct Other {
    pub id: DepartmentId,
    pub name: String,
}

/// The other active departments, in the company's order.
pub fn active_others(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Other>> {
    Ok(departments::table
        .filter(departments::deactivated_at.is_null().and(departments::id.ne(department)))
        .order((departments::position, departments::id))
        .select(Other::as_select())
        .load(conn)?)
}

/// Number of pending schedules that open a ticket, and would fail if they stay.
pub fn count_ticket_schedules(conn: &mut PgConnection, department: DepartmentId) -> Result<i64> {
    // As SQL text: with the status as text the planner can use the index of pending schedules.
    Ok(db::prepared(
        "SELECT count(*) FROM schedules WHERE department_id = $1 AND status = 'scheduled' AND action <> 'notify'",
    )
    .bind(department)
    .get_result(conn)?)
}

/// Makes `department` the default department of `channels`.
pub fn redirect(conn: &mut PgConnection, channels: &[Channel], department: DepartmentId) -> Result<()> {
    let ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id).collect();
    diesel::update(channels::table.filter(channels::id.eq_any(ids)))
        .set(channels::default_department_id.eq(department))
        .execute(conn)?;
    Ok(())
}

/// The departments that `user` attends, and those of the users whose access links `user` made.
pub fn departments_accessible_to(conn: &mut PgConnection, user: UserId) -> Result<Vec<DepartmentId>> {
    // As SQL text: three ways to the same department.
    Ok(db::prepared(
        "SELECT DISTINCT m.department_id FROM department_members m JOIN users u ON u.id = m.user_id
          WHERE u.id = $1 OR u.let_in_by = $1
             OR u.id IN (SELECT l.user_id FROM access_links l WHERE l.made_by = $1)",
    )
    .bind(user)
    .load(conn)?)
}

/// The default departments of all channels, except `department`.
pub fn default_departments_except(
    conn: &mut PgConnection,
    department: DepartmentId,
) -> Result<Vec<DepartmentId>> {
    Ok(channels::table
        .filter(channels::default_department_id.ne(department))
        .select(channels::default_department_id)
        .distinct()
        .load(conn)?)
}

/// Attendants of the department's pending schedules who are not members of `other`. They would join it.
pub fn attendants_to_enrol(
    conn: &mut PgConnection,
    department: DepartmentId,
    other: DepartmentId,
) -> Result<Vec<UserId>> {
    // As SQL text: a DISTINCT with NOT EXISTS on two tables.
    Ok(db::prepared(
        "SELECT DISTINCT s.attendant_id FROM schedules s
          WHERE s.department_id = $1 AND s.status = 'scheduled' AND s.attendant_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM department_members m
                             WHERE m.department_id = $2 AND m.user_id = s.attendant_id)",
    )
    .bind(department)
    .bind(other)
    .load(conn)?)
}

/// Makes the active attendants of `schedules` members of `department`. Returns those who were not members before.
pub fn enrol_attendants(
    conn: &mut PgConnection,
    department: DepartmentId,
    schedules: &[ScheduleId],
) -> Result<Vec<UserId>> {
    // As SQL text: an INSERT of a SELECT with ON CONFLICT.
    Ok(db::prepared(
        "INSERT INTO department_members (department_id, user_id)
         SELECT DISTINCT $1, u.id FROM schedules s JOIN users u ON u.id = s.attendant_id
          WHERE s.id = ANY($2) AND u.deactivated_at IS NULL
         ON CONFLICT DO NOTHING RETURNING user_id",
    )
    .bind(department)
    .bind(schedules)
    .load(conn)?)
}

pub fn deactivate(conn: &mut PgConnection, department: DepartmentId) -> Result<()> {
    diesel::update(departments::table.find(department))
        .set(departments::deactivated_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// `false` if it was active already.
pub fn reactivate(conn: &mut PgConnection, department: DepartmentId) -> Result<bool> {
    let inactive = departments::table.find(department).filter(departments::deactivated_at.is_not_null());
    let changed =
        diesel::update(inactive).set(departments::deactivated_at.eq(None::<DateTime<Utc>>)).execute(conn)?;
    Ok(changed > 0)
}
