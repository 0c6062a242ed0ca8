//! Removes data that is older than the retention settings, in small batches. Runs in every serving process; a
//! lock lets one of them work at a time.
//!
//! Each batch is a transaction of its own, followed by a pause, so that pages and the dispatcher come first.
//! While schedules are due, it waits. If a process ends in between, the next run removes the rest.

use std::time::Duration;

use actix_web::rt::{self, time};
use diesel::pg::PgConnection;

use super::queries::{self, Batch, Turn};
use crate::db::Db;
use crate::error::Result;

const FIRST: Duration = Duration::from_secs(3 * 60);
const EVERY: Duration = Duration::from_secs(60 * 60);

/// The pauses of a run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pause after each batch.
    pub between: Duration,
    /// Pause while schedules are due.
    pub while_due: Duration,
    /// Maximum pauses for due schedules, per kind of rows. After that, the next run removes the rest.
    pub patience: u32,
}

const PACE: Pace =
    Pace { between: Duration::from_millis(200), while_due: Duration::from_secs(5), patience: 120 };

/// Number of rows that a run removed, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    pub notifications: i64,
    pub audit: i64,
    pub history: i64,
    pub sessions: i64,
    pub sign_in_attempts: i64,
    pub customer_accesses: i64,
}

/// Removes old rows, once per hour, until the process ends.
pub async fn keep_tidy(db: Db) {
    time::sleep(FIRST).await;
    loop {
        let db = db.clone();
        match rt::spawn(async move { run(&db, PACE).await }).await {
            Ok(Ok(retired)) if retired == Retired::default() => {}
            Ok(Ok(retired)) => tracing::info!(?retired, "rows that need not be kept any longer are gone"),
            Ok(Err(error)) => tracing::warn!(%error, "the retirement of old rows goes on later"),
            Err(panic) => tracing::error!(%panic, "the retirement of old rows panicked, and goes on later"),
        }
        time::sleep(EVERY).await;
    }
}

/// A single run.
pub async fn run(db: &Db, pace: Pace) -> Result<Retired> {
    Ok(Retired {
        sessions: pile(db, pace, |conn, _| queries::retire_sessions(conn)).await?,
        sign_in_attempts: pile(db, pace, |conn, _| queries::retire_sign_in_attempts(conn)).await?,
        customer_accesses: pile(db, pace, |conn, _| queries::retire_customer_accesses(conn)).await?,
        notifications: pile(db, pace, queries::retire_notifications).await?,
        audit: pile(db, pace, queries::retire_audit).await?,
        history: pile(db, pace, queries::retire_history).await?,
    })
}

/// Removes rows of one kind, batch by batch.
async fn pile(db: &Db, pace: Pace, retire: fn(&mut PgConnection, i64) -> Result<Batch>) -> Result<i64> {
    let (mut gone, mut after, mut waited) = (0, 0, 0);
    loop {
        let step = move |conn: &mut PgConnection| match queries::take_turn(conn)? {
            Turn::Ours => retire(conn, after).map(|batch| (Turn::Ours, Some(batch))),
            other => Ok((other, None)),
        };
        match db.transaction(step).await? {
            (_, Some(batch)) => {
                gone += batch.gone;
                let Some(next) = batch.next else { return Ok(gone) };
                after = next;
                time::sleep(pace.between).await;
            }
            (Turn::Later, None) if waited < pace.patience => {
                waited += 1;
                time::sleep(pace.while_due).await;
            }
            (_, None) => return Ok(gone),
        }
    }
}
