//! SQL of the retention: its settings, and the removal of old rows in batches.
//!
//! The removal is SQL text: batches with limits and `SKIP LOCKED`, whose plans matter.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::Retention;
use crate::auth::sessions::{IDLE_HOURS, LONGEST_DAYS};
use crate::conversations::chat;
use crate::db;
use crate::error::Result;
use crate::schema::retention;

/// Maximum rows removed per transaction. That takes milliseconds, so nobody waits for the locks.
pub const BATCH: i64 = 1_000;

pub fn current(conn: &mut PgConnection) -> Result<Retention> {
    Ok(retention::table.select(Retention::as_select()).first(conn)?)
}

/// Like `current`, and locks the settings until the transaction ends.
pub fn current_for_update(conn: &mut PgConnection) -> Result<Retention> {
    Ok(retention::table.select(Retention::as_select()).for_update().first(conn)?)
}

pub fn save(conn: &mut PgConnection, wanted: &Retention) -> Result<()> {
    diesel::update(retention::table).set(wanted).execute(conn)?;
    Ok(())
}

/// Whether this transaction may remove rows now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionLock {
    Acquired,
    /// Another process is removing rows.
    Held,
    /// Schedules are due, and they come first.
    SchedulesDue,
}

/// Takes the lock that lets one process at a time remove rows, until the transaction ends.
pub fn try_lock(conn: &mut PgConnection) -> Result<RetentionLock> {
    let (is_acquired, are_schedules_due) = db::prepared(
        "SELECT pg_try_advisory_xact_lock(hashtext('pontual.retention')),
                EXISTS (SELECT FROM schedules WHERE status = 'scheduled'
                           AND due_at < clock_timestamp() + interval '1 second')",
    )
    .get_result(conn)?;
    Ok(match (is_acquired, are_schedules_due) {
        (false, _) => RetentionLock::Held,
        (true, true) => RetentionLock::SchedulesDue,
        (true, false) => RetentionLock::Acquired,
    })
}

db::row! {
    /// The result of a batch.
    #[derive(Clone, Copy, Debug)]
    pub struct Batch {
        /// Number of removed rows.
        pub removed: i64,
        /// Where the next batch starts, or `None` if this was the last one. It starts after the removed rows,
        /// because their index entries stay until the next VACUUM.
        pub next: Option<i64>,
    }
}

impl Batch {
    fn of(removed: usize) -> Self {
        let removed = removed as i64;
        Self { removed, next: (removed == BATCH).then_some(0) }
    }
}

/// Examines the oldest notifications after the id `after`, and removes those older than the setting. Ids grow
/// with time, except among rows written at the same moment. So a batch without an old row is the last one.
/// This needs no index by time, which each dispatch would have to write.
pub fn remove_old_notifications(conn: &mut PgConnection, after: i64) -> Result<Batch> {
    db::replanned(
        "UPDATE retention SET notifications_gone_before =
                greatest(notifications_gone_before, now() - make_interval(days => notification_days))
          WHERE EXISTS (SELECT FROM (SELECT created_at FROM notifications WHERE id > $1 ORDER BY id LIMIT $2) n
                         WHERE n.created_at < now() - make_interval(days => notification_days))",
    )
    .bind(after)
    .bind(BATCH)
    .execute(conn)?;
    Ok(db::replanned(
        "WITH oldest AS (SELECT id, created_at FROM notifications WHERE id > $1 ORDER BY id LIMIT $2),
              removed AS (DELETE FROM notifications n USING oldest o, retention r
                        WHERE n.id = o.id AND o.created_at < now() - make_interval(days => r.notification_days)
                       RETURNING n.id)
         SELECT (SELECT count(*) FROM removed) AS removed,
                (SELECT max(id) FROM oldest HAVING count(*) = $2 AND EXISTS (SELECT FROM removed)) AS next",
    )
    .bind(after)
    .bind(BATCH)
    .get_result(conn)?)
}

/// Removes the oldest audit rows from `after` (microseconds since 1970) on that are older than the setting.
/// The database refuses to delete younger rows (see the trigger `audit_is_append_only`).
pub fn remove_old_audit(conn: &mut PgConnection, after: i64) -> Result<Batch> {
    db::replanned(
        "UPDATE retention SET audit_gone_before =
                greatest(audit_gone_before, now() - make_interval(months => audit_months))
          WHERE EXISTS (SELECT FROM audit WHERE at >= 'epoch'::timestamptz + $1 * interval '1 microsecond'
                           AND at < now() - make_interval(months => audit_months))",
    )
    .bind(after)
    .execute(conn)?;
    Ok(db::replanned(
        "WITH removed AS (DELETE FROM audit WHERE id IN (
                SELECT a.id FROM audit a
                 WHERE a.at >= 'epoch'::timestamptz + $1 * interval '1 microsecond'
                   AND a.at < (SELECT now() - make_interval(months => audit_months) FROM retention)
                 ORDER BY a.at, a.id LIMIT $2) RETURNING at)
         SELECT count(*) AS removed,
                CASE WHEN count(*) = $2 THEN (extract(epoch FROM max(at)) * 1000000)::bigint END AS next FROM removed",
    )
    .bind(after)
    .bind(BATCH)
    .get_result(conn)?)
}

/// Examines the oldest history rows after the id `after`. For each end of a schedule among them that is older
/// than the setting, removes the whole history of that schedule. Skips the rows of schedules that are pending
/// or ended later. Ids grow with time, so a batch without an old row is the last one. An index by the end of
/// schedules would avoid skipping rows, but each dispatch would have to write it.
pub fn remove_old_history(conn: &mut PgConnection, after: i64) -> Result<Batch> {
    Ok(db::replanned(
        "WITH kept AS MATERIALIZED (SELECT now() - make_interval(months => history_months) AS since FROM retention),
              oldest AS MATERIALIZED (
                SELECT id, schedule_id, at, kind FROM schedule_history WHERE id > $1 ORDER BY id LIMIT $2),
              ended AS MATERIALIZED (
                SELECT s.id FROM oldest o JOIN schedules s ON s.id = o.schedule_id
                 WHERE o.kind IN ('cancelled', 'completed', 'failed')
                   AND s.finished_at < (SELECT since FROM kept)),
              removed AS (DELETE FROM schedule_history h USING ended WHERE h.schedule_id = ended.id RETURNING h.id),
              updated AS (UPDATE retention
                          SET history_gone_before = greatest(history_gone_before, (SELECT since FROM kept))
                        WHERE EXISTS (SELECT FROM removed))
         SELECT (SELECT count(*) FROM removed) AS removed,
                (SELECT max(id) FROM oldest
                 HAVING count(*) = $2 AND bool_or(at < (SELECT since FROM kept))) AS next",
    )
    .bind(after)
    .bind(BATCH)
    .get_result(conn)?)
}

/// Removes expired sessions.
pub fn remove_old_sessions(conn: &mut PgConnection) -> Result<Batch> {
    let removed = db::replanned(
        "DELETE FROM sessions WHERE token_hash IN (
            SELECT token_hash FROM sessions
             WHERE seen_at < now() - make_interval(hours => $1) OR created_at < now() - make_interval(days => $2)
                OR ends_at < now()
             LIMIT $3 FOR UPDATE SKIP LOCKED)",
    )
    .bind(IDLE_HOURS)
    .bind(LONGEST_DAYS)
    .bind(BATCH)
    .execute(conn)?;
    Ok(Batch::of(removed))
}

/// Removes counters of sign-in attempts whose window started more than a day ago.
pub fn remove_old_sign_in_attempts(conn: &mut PgConnection) -> Result<Batch> {
    let removed = db::replanned(
        "DELETE FROM sign_in_attempts WHERE key IN (
            SELECT key FROM sign_in_attempts WHERE window_started_at < now() - interval '1 day'
             LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(BATCH)
    .execute(conn)?;
    Ok(Batch::of(removed))
}

/// Removes expired accesses of customers' browsers, and accesses that were never used. Those come from
/// requests that only followed the link, without showing the page.
pub fn remove_old_customer_accesses(conn: &mut PgConnection) -> Result<Batch> {
    let removed = db::replanned(
        "DELETE FROM customer_accesses WHERE id IN (
            SELECT id FROM customer_accesses
             WHERE created_at < now() - interval '1 day'
               AND (seen_at IS NULL OR created_at < now() - make_interval(days => $1))
             LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(chat::ACCESS_DAYS)
    .bind(BATCH)
    .execute(conn)?;
    Ok(Batch::of(removed))
}

/// Days after which a row of the inbox that was taken is removed. No service sends a message again so much later, and the
/// message itself keeps its id.
const INBOX_DAYS: i32 = 60;

/// Removes what services sent and was taken long ago. What a person must look at stays.
pub fn remove_old_inbox(conn: &mut PgConnection) -> Result<Batch> {
    let removed = db::replanned(
        "DELETE FROM inbox WHERE id IN (
            SELECT id FROM inbox WHERE taken_at < now() - make_interval(days => $1)
             ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(INBOX_DAYS)
    .bind(BATCH)
    .execute(conn)?;
    Ok(Batch::of(removed))
}
