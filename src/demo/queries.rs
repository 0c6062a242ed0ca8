//! Queries of the demonstration company.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::large::Sizes;
use crate::error::Result;
use crate::schema::users;

const ADMINISTRATOR: &str = "admin@pontual.example";
/// Exists only in the large demonstration.
const FIRST_OF_MANY: &str = "atendente01@pontual.example";

pub fn is_loaded(conn: &mut PgConnection) -> Result<bool> {
    let query = diesel::dsl::exists(users::table.filter(users::email.eq(ADMINISTRATOR)));
    Ok(diesel::select(query).get_result(conn)?)
}

pub fn fill(conn: &mut PgConnection, password_hash: &str) -> Result<()> {
    conn.batch_execute(include_str!("company.sql"))?;
    diesel::update(users::table).set(users::password_hash.eq(password_hash)).execute(conn)?;
    conn.batch_execute(include_str!("schedules.sql"))?;
    Ok(())
}

/// Whether the demonstration is loaded and all users belong to it.
pub fn has_only_demo_users(conn: &mut PgConnection) -> Result<bool> {
    let others = diesel::dsl::exists(users::table.filter(users::email.not_like("%@pontual.example")));
    let is_another: bool = diesel::select(others).get_result(conn)?;
    Ok(!is_another && is_loaded(conn)?)
}

pub fn is_large(conn: &mut PgConnection) -> Result<bool> {
    let query = diesel::dsl::exists(users::table.filter(users::email.eq(FIRST_OF_MANY)));
    Ok(diesel::select(query).get_result(conn)?)
}

/// Stores the wanted sizes and the existing ids for the next steps of this transaction. Turns off the
/// statement time-out, because the largest step takes longer than a page's statement may. The stride shares
/// no divisor with the number of contacts, so stepping by it reaches every contact.
pub fn begin_large(conn: &mut PgConnection, sizes: Sizes) -> Result<()> {
    conn.batch_execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s';
         SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL synchronous_commit = off",
    )?;
    let Sizes { schedules, contacts, notifications, reminders } = sizes;
    conn.batch_execute(&format!(
        "CREATE TEMPORARY TABLE sizes ON COMMIT DROP AS
         SELECT {schedules} AS schedules, {contacts} AS contacts, {notifications}::bigint AS notifications, {reminders} AS reminders,
                greatest(1, {schedules}::bigint * 94 / 100)::int AS past, {contacts} / 5 AS people,
                CASE WHEN {contacts} % 7919 = 0 THEN 7907 ELSE 7919 END AS stride,
                (SELECT id FROM users WHERE email = '{ADMINISTRATOR}') AS creator,
                (SELECT coalesce(max(id), 0) FROM schedules) AS last_schedule,
                (SELECT coalesce(max(id), 0) FROM tickets) AS last_ticket,
                (SELECT coalesce(max(id), 0) + 1 FROM contacts) AS first_contact,
                (SELECT coalesce(max(id), 0) + 1 FROM people) AS first_person"
    ))?;
    Ok(())
}
