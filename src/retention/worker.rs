//! What is older than it is kept goes, now and then, in small batches. Runs in every serving process;
//! a lock lets one at a time work.
//!
//! Each batch is a transaction of its own, and after each it pauses: pages and the dispatcher come
//! first, and while schedules are due it waits. A process that ends in between leaves the rest to the
//! next run.

use std::time::Duration;

use actix_web::rt::{self, time};
use diesel::pg::PgConnection;

use super::queries::{self, Batch, Turn};
use crate::db::Db;
use crate::error::Result;

const FIRST: Duration = Duration::from_secs(3 * 60);
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How long a run waits between batches, and while schedules are due; and how often, before it leaves
/// the rest to the next run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub between: Duration,
    pub while_due: Duration,
    pub patience: u32,
}

const PACE: Pace =
    Pace { between: Duration::from_millis(200), while_due: Duration::from_secs(5), patience: 120 };

/// How many rows one run retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    pub notifications: i64,
    pub audit: i64,
    pub history: i64,
    pub sessions: i64,
    pub sign_in_attempts: i64,
    pub customer_accesses: i64,
}

/// Retires rows until the process ends.
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

/// One run.
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

/// Takes batch after batch of one kind of rows, until one is the last.
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
