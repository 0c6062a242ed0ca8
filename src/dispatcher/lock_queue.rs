//! Waits for the locks of schedules that ticks keep skipping.
//!
//! A tick never waits for a lock: it skips locked schedules and tries them again later. When many
//! transactions want the same contact, another one always gets the lock before the next try. So a schedule
//! that two ticks in a row have skipped is also waited for here, in PostgreSQL's lock queue like everybody
//! else, on a separate thread and connection. It runs as soon as its turn comes, and no other schedule is
//! late because of it.
//!
//! What can go wrong: the connection is lost (a new one is made), or a wait takes too long (the next schedule
//! is tried). The ticks keep trying whatever fails here.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use super::queries::{self, Trigger};
use super::supervisor::{Control, PATIENCE, connect};
use super::tick::settle;
use crate::db::wait_limit::with_wait_limit;
use crate::error::Result;
use crate::ids::ScheduleId;

/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// The schedules to wait for; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct LockQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    skipped: BTreeSet<ScheduleId>,
    waiting: VecDeque<ScheduleId>,
    is_over: bool,
}

impl LockQueue {
    /// Takes the schedules that a tick skipped. Those that the previous tick skipped too are waited for.
    pub(super) fn add_skipped(&self, skipped: &[ScheduleId]) {
        let mut state = self.state();
        let now: BTreeSet<ScheduleId> = skipped.iter().copied().collect();
        state.waiting = now.intersection(&state.skipped).copied().collect();
        state.skipped = now;
        if !state.waiting.is_empty() {
            self.0.changed.notify_one();
        }
    }

    /// Ends the thread after its current schedule.
    pub(super) fn stop(&self) {
        self.state().is_over = true;
        self.0.changed.notify_all();
    }

    /// The next schedule to wait for; `None` if none arrives within `time` or the thread must end.
    fn next(&self, time: Duration) -> Option<ScheduleId> {
        let waits = |state: &mut State| state.waiting.is_empty() && !state.is_over;
        let waited = self.0.changed.wait_timeout_while(self.state(), time, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.waiting.pop_front()
    }

    fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// A panic while the lock is held cannot leave the state inconsistent: every change of it is one call. So
    /// a poisoned lock is usable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread. If that fails, the ticks' own tries remain.
pub(super) fn start(url: String, control: Control) {
    let work = move || {
        let mut conn = None;
        while !control.lock_queue.is_over() {
            let Some(id) = control.lock_queue.next(IDLE_TIMEOUT) else {
                conn = None;
                continue;
            };
            conn = match wait_for(&url, conn, id) {
                Ok(conn) => Some(conn),
                Err(error) => {
                    tracing::debug!(schedule = id.0, %error, "cannot wait for the locks of a schedule");
                    thread::sleep(PAUSE);
                    None
                }
            };
            control.waker.wake();
        }
    };
    thread::Builder::new().name("lock queue".into()).spawn(work).ok();
}

/// Waits for one schedule and runs it. A wait that takes too long is not a failure.
fn wait_for(url: &str, conn: Option<PgConnection>, id: ScheduleId) -> Result<PgConnection> {
    let mut conn = match conn {
        Some(conn) => conn,
        None => connect(url)?,
    };
    match with_wait_limit(PATIENCE, || settle_when_unlocked(&mut conn, id)) {
        // A lost connection also counts as a passing error, but the connection must not be used again.
        Err(error) if !error.is_temporary() || conn.is_broken() => Err(error),
        _ => Ok(conn),
    }
}

/// Waits for the locks of the schedule and its contact, and settles the schedule if it is still due. Whatever
/// the error, the schedule stays due.
pub fn settle_when_unlocked(conn: &mut PgConnection, id: ScheduleId) -> Result<bool> {
    conn.transaction(|conn| {
        if !queries::lock_pending(conn, id)? || !queries::until_due(conn, &[id])?.is_zero() {
            return Ok(false);
        }
        settle(conn, id, None, Trigger::DueTime)?;
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_is_skipped_twice_is_waited_for() {
        let queue = LockQueue::default();
        let (one, two) = (ScheduleId(1), ScheduleId(2));
        queue.add_skipped(&[one]);
        assert_eq!(queue.next(Duration::ZERO), None);
        queue.add_skipped(&[one, two]);
        assert_eq!(queue.next(Duration::ZERO), Some(one));
        queue.add_skipped(&[two]);
        assert_eq!(queue.next(Duration::ZERO), Some(two));
        queue.add_skipped(&[]);
        queue.add_skipped(&[two]);
        assert_eq!(queue.next(Duration::ZERO), None);
        queue.stop();
        assert!(queue.is_over());
    }
}
