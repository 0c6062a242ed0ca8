//! The worker that runs confirmed imports. The process in which the user confirmed starts at once. The workers
//! of other processes look every two minutes for imports that were left unfinished.
//!
//! What can go wrong: the database is unreachable, or a portion panics. Both are logged, and the worker
//! continues after a pause. The tables say which lines are left.

use std::time::Duration;

use actix_web::rt::time;
use tokio::sync::Notify;

use super::queries;
use super::take::take_portion;
use crate::db::Db;

/// Pause between two looks. So an import whose own process has stopped waits at most this long for another
/// process.
const PAUSE: Duration = Duration::from_secs(120);

const PAUSE_AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// Idle pauses between two deletions of old imports: 15 × 2 minutes is half an hour.
const IDLE_BETWEEN_SWEEPS: u32 = 15;

/// Wakes this process's worker. A call while the worker is busy is not lost: the worker looks once more.
static CONFIRMED: Notify = Notify::const_new();

/// Call this after an import was confirmed.
pub fn wake() {
    CONFIRMED.notify_one();
}

/// Runs until the process ends. The portion in progress is then rolled back, and another process imports it.
pub async fn keep_working(db: Db) {
    let mut idle = 0;
    loop {
        let pause = match db.run(take_portion).await {
            Ok(true) => {
                idle = 0;
                continue;
            }
            Ok(false) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the import of contacts goes on in a moment");
                PAUSE_AFTER_TROUBLE
            }
        };
        time::timeout(pause, CONFIRMED.notified()).await.ok();
        idle += 1;
        if idle % IDLE_BETWEEN_SWEEPS == 0
            && let Err(error) = db.run(queries::forget_old).await
        {
            tracing::warn!(%error, "old imports were not forgotten");
        }
    }
}
