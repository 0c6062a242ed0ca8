//! Waits in line for what somebody holds.
//!
//! The dispatcher never waits for a lock: what is held it passes over and tries again. Where many want the same
//! contact, one always gets it before that other try. So what was passed over twice is also waited for here, as
//! everybody else waits for it, on a thread and a connection of its own: it is done as soon as its turn comes, and
//! nothing else is late for it.
//!
//! What can go wrong: the connection is lost, then another is made; a wait lasts for too long, then the next is
//! waited for. Whatever is not done here the dispatcher does.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use super::queries::{self, Order};
use super::supervisor::{Control, PATIENCE, connect};
use super::tick::settle;
use crate::db::patience::with_patience;
use crate::error::Result;
use crate::ids::ScheduleId;

/// How long the connection is kept after the last that was waited for.
const KEPT: Duration = Duration::from_secs(60);

/// After a failure nothing is tried within this time.
const PAUSE: Duration = Duration::from_millis(500);

/// What is waited for; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct InLine(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    passed_over: BTreeSet<ScheduleId>,
    waiting: VecDeque<ScheduleId>,
    is_over: bool,
}

impl InLine {
    /// Takes in what a tick passed over; what the tick before passed over too is waited for.
    pub(super) fn note(&self, passed_over: &[ScheduleId]) {
        let mut state = self.state();
        let now: BTreeSet<ScheduleId> = passed_over.iter().copied().collect();
        state.waiting = now.intersection(&state.passed_over).copied().collect();
        state.passed_over = now;
        if !state.waiting.is_empty() {
            self.0.changed.notify_one();
        }
    }

    /// Ends the thread after what it is at.
    pub(super) fn stop(&self) {
        self.state().is_over = true;
        self.0.changed.notify_all();
    }

    /// The next to wait for; nothing if none came within `time`, or it is over.
    fn next(&self, time: Duration) -> Option<ScheduleId> {
        let waits = |state: &mut State| state.waiting.is_empty() && !state.is_over;
        let waited = self.0.changed.wait_timeout_while(self.state(), time, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.waiting.pop_front()
    }

    fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// A panic elsewhere leaves the state whole: every change of it is one call.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread. Without it, what is held is done by the dispatcher's own tries.
pub(super) fn start(url: String, control: Control) {
    let work = move || {
        let mut conn = None;
        while !control.in_line.is_over() {
            let Some(id) = control.in_line.next(KEPT) else {
                conn = None;
                continue;
            };
            conn = match wait_for(&url, conn, id) {
                Ok(conn) => Some(conn),
                Err(error) => {
                    tracing::debug!(schedule = id.0, %error, "a schedule waits in line no longer");
                    thread::sleep(PAUSE);
                    None
                }
            };
            control.waker.wake();
        }
    };
    thread::Builder::new().name("in line".into()).spawn(work).ok();
}

/// Waits for one schedule and does it. A wait that was too long is no failure.
fn wait_for(url: &str, conn: Option<PgConnection>, id: ScheduleId) -> Result<PgConnection> {
    let mut conn = match conn {
        Some(conn) => conn,
        None => connect(url)?,
    };
    match with_patience(PATIENCE, || carry_out(&mut conn, id)) {
        // A lost connection is passing trouble too, but of no more use.
        Err(error) if !error.is_passing() || conn.is_broken() => Err(error),
        _ => Ok(conn),
    }
}

/// Waits in line for the schedule and its contact, and settles it if it is still due.
///
/// # Errors
/// `Unavailable` if the wait was too long; the database refuses it or is unreachable. Then it stays due.
pub fn carry_out(conn: &mut PgConnection, id: ScheduleId) -> Result<bool> {
    conn.transaction(|conn| {
        if !queries::lock_pending(conn, id)? || !queries::until_due(conn, &[id])?.is_zero() {
            return Ok(false);
        }
        settle(conn, id, None, Order::Time)?;
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_twice_is_waited_for() {
        let line = InLine::default();
        let (one, two) = (ScheduleId(1), ScheduleId(2));
        line.note(&[one]);
        assert_eq!(line.next(Duration::ZERO), None);
        line.note(&[one, two]);
        assert_eq!(line.next(Duration::ZERO), Some(one));
        line.note(&[two]);
        assert_eq!(line.next(Duration::ZERO), Some(two));
        line.note(&[]);
        line.note(&[two]);
        assert_eq!(line.next(Duration::ZERO), None);
        line.stop();
        assert!(line.is_over());
    }
}
