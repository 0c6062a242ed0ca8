//! Removes data that is older than the retention settings, in small batches. Runs in every serving process; a
//! lock lets one of them work at a time.
//!
//! Each batch is a transaction of its own, followed by a pause, so that pages and the dispatcher come first.
//! While schedules are due, it waits. If a process ends in between, the next run removes the rest.

use std::time::Duration;

use actix_web::rt::{self, time};
use diesel::pg::PgConnection;

use super::queries::{self, Batch, RetentionLock};
use crate::db::Db;
use crate::error::Result;

const FIRST_RUN_AFTER: Duration = Duration::from_secs(3 * 60);
const RUN_EVERY: Duration = Duration::from_secs(60 * 60);

/// The pauses of a run.
#[derive(Clone, Copy, Debug)]
pub struct BatchPauses {
    /// Pause after each batch.
    pub between: Duration,
    /// Pause while schedules are due.
    pub while_due: Duration,
    /// Maximum pauses for due schedules, per kind of rows. After that, the next run removes the rest.
    pub max_waits: u32,
}

const PAUSES: BatchPauses =
    BatchPauses { between: Duration::from_millis(200), while_due: Duration::from_secs(5), max_waits: 120 };

/// Number of rows that a run removed, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub notifications: i64,
    pub audit: i64,
    pub history: i64,
    pub sessions: i64,
    pub sign_in_attempts: i64,
    pub customer_accesses: i64,
    pub inbox: i64,
}

/// Removes old rows, once per hour, until the process ends.
pub async fn run_hourly(db: Db) {
    time::sleep(FIRST_RUN_AFTER).await;
    loop {
        let db = db.clone();
        match rt::spawn(async move { run(&db, PAUSES).await }).await {
            Ok(Ok(removed)) if removed == Removed::default() => {}
            Ok(Ok(removed)) => {
                tracing::info!(?removed, "removed rows that are older than the retention settings")
            }
            Ok(Err(error)) => tracing::warn!(%error, "could not remove old rows; will try again in an hour"),
            Err(panic) => {
                tracing::error!(%panic, "panicked while removing old rows; will try again in an hour")
            }
        }
        time::sleep(RUN_EVERY).await;
    }
}

/// A single run.
pub async fn run(db: &Db, pauses: BatchPauses) -> Result<Removed> {
    Ok(Removed {
        sessions: remove_in_batches(db, pauses, |conn, _| queries::remove_old_sessions(conn)).await?,
        sign_in_attempts: remove_in_batches(db, pauses, |conn, _| queries::remove_old_sign_in_attempts(conn))
            .await?,
        customer_accesses: remove_in_batches(db, pauses, |conn, _| {
            queries::remove_old_customer_accesses(conn)
        })
        .await?,
        inbox: remove_in_batches(db, pauses, |conn, _| queries::remove_old_inbox(conn)).await?,
        notifications: remove_in_batches(db, pauses, queries::remove_old_notifications).await?,
        audit: remove_in_batches(db, pauses, queries::remove_old_audit).await?,
        history: remove_in_batches(db, pauses, queries::remove_old_history).await?,
    })
}

/// Removes rows of one kind, batch by batch.
async fn remove_in_batches(
    db: &Db,
    pauses: BatchPauses,
    remove: fn(&mut PgConnection, i64) -> Result<Batch>,
) -> Result<i64> {
    let (mut removed, mut after, mut waited) = (0, 0, 0);
    loop {
        let step = move |conn: &mut PgConnection| match queries::try_lock(conn)? {
            RetentionLock::Acquired => {
                remove(conn, after).map(|batch| (RetentionLock::Acquired, Some(batch)))
            }
            other => Ok((other, None)),
        };
        match db.transaction(step).await? {
            (_, Some(batch)) => {
                removed += batch.removed;
                let Some(next) = batch.next else { return Ok(removed) };
                after = next;
                time::sleep(pauses.between).await;
            }
            (RetentionLock::SchedulesDue, None) if waited < pauses.max_waits => {
                waited += 1;
                time::sleep(pauses.while_due).await;
            }
            (_, None) => return Ok(removed),
        }
    }
}
