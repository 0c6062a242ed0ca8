//! Who takes the lines of confirmed imports: the process that confirmed one at once; any other looks now
//! and then for what another left.
//!
//! What can go wrong: the database is away, or a portion panics. Both are logged, and after a pause it goes
//! on; the tables say what is left.

use std::time::Duration;

use actix_web::rt::time;
use tokio::sync::Notify;

use super::queries;
use super::take::take_portion;
use crate::db::Db;

/// How long a confirmed import waits for another process, if its own is gone.
const PAUSE: Duration = Duration::from_secs(120);

const PAUSE_AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// Old uploads are looked for once in so many idle pauses: about every half hour.
const IDLE_BETWEEN_SWEEPS: u32 = 15;

/// Wakes the worker of this process. A call while it works is not lost: it looks once more.
static CONFIRMED: Notify = Notify::const_new();

/// To be called when an import was confirmed.
pub fn wake() {
    CONFIRMED.notify_one();
}

/// Works until the process ends. A portion under way then is rolled back, and another process takes it.
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
