//! SQL of live events: who may know of what.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer};

use crate::auth::sessions::{IDLE_HOURS, LONGEST_DAYS};
use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, ScheduleId, UserId};
use crate::schedules::{CONCERNED, READS_ALL};

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = BigInt)]
    id: UserId,
}

/// Those of `among` who are active and signed in somewhere.
///
/// # Errors
/// The database is unreachable.
pub fn signed_in(conn: &mut PgConnection, among: &[UserId]) -> Result<Vec<UserId>> {
    let rows: Vec<UserRow> = db::prepared(
        "SELECT u.id FROM users u WHERE u.id = ANY($1) AND u.deactivated_at IS NULL AND EXISTS (
             SELECT FROM sessions s WHERE s.user_id = u.id
                AND s.seen_at > now() - make_interval(hours => $2)
                AND s.created_at > now() - make_interval(days => $3))",
    )
    .bind::<Array<BigInt>, _>(among)
    .bind::<Integer, _>(IDLE_HOURS)
    .bind::<Integer, _>(LONGEST_DAYS)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct LinkRow {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
    #[diesel(sql_type = Integer)]
    link_version: i32,
}

/// Those of `among` whose customers may look, with the version of their link.
///
/// # Errors
/// The database is unreachable.
pub fn open_links(conn: &mut PgConnection, among: &[ContactId]) -> Result<Vec<(ContactId, i32)>> {
    let rows: Vec<LinkRow> = db::prepared(format!(
        "SELECT c.id, c.link_version FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.id = ANY($1) AND {HAS_CHAT}"
    ))
    .bind::<Array<BigInt>, _>(among)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.link_version)).collect())
}

#[derive(QueryableByName)]
struct WatcherRow {
    #[diesel(sql_type = BigInt)]
    id: UserId,
    #[diesel(sql_type = Bool)]
    sees_all: bool,
    #[diesel(sql_type = Array<BigInt>)]
    own: Vec<ScheduleId>,
}

/// Who may know of schedules: a user, and which of them.
pub enum Watcher {
    All(UserId),
    Own(UserId, Vec<ScheduleId>),
}

/// Those of `among` who may read some of `schedules`.
///
/// # Errors
/// The database is unreachable.
pub fn watchers(conn: &mut PgConnection, schedules: &[ScheduleId], among: &[UserId]) -> Result<Vec<Watcher>> {
    let rows: Vec<WatcherRow> = db::prepared(format!(
        "SELECT u.id, {READS_ALL} AS sees_all, coalesce(own.ids, '{{}}') AS own
           FROM users u JOIN roles r ON r.id = u.role_id
           LEFT JOIN (
                SELECT user_id, array_agg(DISTINCT schedule_id) AS ids FROM {CONCERNED} AS concerned
                 WHERE schedule_id = ANY($1) GROUP BY user_id
           ) AS own ON own.user_id = u.id
          WHERE u.id = ANY($2) AND u.deactivated_at IS NULL"
    ))
    .bind::<Array<BigInt>, _>(schedules)
    .bind::<Array<BigInt>, _>(among)
    .load(conn)?;
    let watcher = |row: WatcherRow| match (row.sees_all, row.own.is_empty()) {
        (true, _) => Some(Watcher::All(row.id)),
        (false, false) => Some(Watcher::Own(row.id, row.own)),
        (false, true) => None,
    };
    Ok(rows.into_iter().filter_map(watcher).collect())
}
