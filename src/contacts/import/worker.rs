//! The worker that runs confirmed imports. The process in which the user confirmed starts at once. The workers
//! of other processes look every two minutes for imports that were left unfinished.
//!
//! What can go wrong: the database is unreachable, or a portion panics. Both are logged, and the worker
//! continues after a pause. The tables say which lines are left.

use std::time::Duration;

use actix_web::rt::time;
use tokio::sync::Notify;

use super::import_lines::import_portion;
use super::queries;
use crate::db::Db;

/// Pause between two looks. So an import whose own process has stopped waits at most this long for another
/// process.
const POLL_INTERVAL: Duration = Duration::from_secs(120);

const RETRY_DELAY: Duration = Duration::from_secs(5);

/// Idle pauses between two deletions of old imports: 15 × 2 minutes is half an hour.
const POLLS_BETWEEN_CLEANUPS: u32 = 15;

/// Wakes this process's worker. A call while the worker is busy is not lost: the worker looks once more.
static WAKE: Notify = Notify::const_new();

/// Call this after an import was confirmed.
pub fn wake() {
    WAKE.notify_one();
}

/// Runs until the process ends. The portion in progress is then rolled back, and another process imports it.
pub async fn run_worker(db: Db) {
    let mut idle = 0;
    loop {
        let pause = match db.run(import_portion).await {
            Ok(true) => {
                idle = 0;
                continue;
            }
            Ok(false) => POLL_INTERVAL,
            Err(error) => {
                tracing::warn!(%error, "importing contacts failed and is tried again soon");
                RETRY_DELAY
            }
        };
        time::timeout(pause, WAKE.notified()).await.ok();
        idle += 1;
        if idle % POLLS_BETWEEN_CLEANUPS == 0
            && let Err(error) = db.run(queries::delete_old).await
        {
            tracing::warn!(%error, "old imports were not deleted");
        }
    }
}
