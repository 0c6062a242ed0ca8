//! Runs the dispatcher on its own arbiter and connection until the process stops.
//!
//! What can go wrong: the connection is lost or does not answer, or a tick panics. Each is logged. After a
//! pause that grows, the dispatcher continues with a new connection; the table says what is left to do. If
//! [`MAX_PANICS`] ticks in a row panic, or the arbiter's thread dies, the dispatcher has ended, and the
//! process must end too. A stop lets the current batch finish and starts no other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_rt::Arbiter;
use diesel::pg::PgConnection;
use tokio::sync::oneshot;

use super::health::Health;
use super::lock_queue::{self, LockQueue};
use super::queries;
use super::refusals::Refusals;
use super::tick::{TickOutcome, tick_with};
use super::timer::{Pauses, Waker};
use crate::db::{self, wait_limit::with_wait_limit};
use crate::error::{Error, Result};

/// Maximum panics in a row, without a successful tick between them; then the dispatcher gives up.
const MAX_PANICS: u32 = 6;

/// Maximum wait for one answer of the database: longer than the connection's `statement_timeout`.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How the dispatcher ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody asked it to stop.
    Stopped,
    /// It cannot go on, and the process must end with a non-zero status.
    GaveUp,
}

/// Lets other parts of the process wake, stop and observe a dispatcher.
#[derive(Clone, Debug, Default)]
pub struct Control {
    pub waker: Waker,
    pub health: Health,
    pub(super) lock_queue: LockQueue,
    stopping: Arc<AtomicBool>,
}

impl Control {
    pub fn new(health: Health) -> Self {
        Self { health, ..Self::default() }
    }

    /// Lets the current batch finish and starts no other.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.lock_queue.stop();
        self.waker.wake();
    }

    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::SeqCst)
    }
}

/// Starts the dispatcher of this process. The receiver gets its [`Ending`], or an error if its thread died.
pub fn start(url: String, control: Control) -> oneshot::Receiver<Ending> {
    let (sender, receiver) = oneshot::channel();
    lock_queue::start(url.clone(), control.clone());
    Arbiter::new().spawn(async move {
        let mut refusals = Refusals::default();
        let tick = |conn: &mut PgConnection, goes_on: &mut dyn FnMut() -> bool| {
            tick_with(conn, goes_on, &mut refusals)
        };
        let ending = supervise(&url, &control, tick).await;
        sender.send(ending).ok();
        Arbiter::current().stop();
    });
    receiver
}

/// Calls `tick` again and again until the dispatcher is stopped or gives up.
pub async fn supervise<T>(url: &str, control: &Control, mut tick: T) -> Ending
where
    T: FnMut(&mut PgConnection, &mut dyn FnMut() -> bool) -> Result<TickOutcome>,
{
    let (mut pause, mut panics) = (FIRST_PAUSE, 0);
    while control.goes_on() {
        match work(url, control, &mut tick, || (pause, panics) = (FIRST_PAUSE, 0)).await {
            StopReason::Asked => break,
            StopReason::Panicked(message) => {
                panics += 1;
                let gives_up = panics >= MAX_PANICS;
                control.health.set_trouble(if gives_up { "gave up" } else { "panicked, and begins again" });
                tracing::error!(message, panics, "a tick of the dispatcher panicked");
                if gives_up {
                    return Ending::GaveUp;
                }
            }
            StopReason::Failed(error) => {
                control.health.set_trouble("without its database");
                tracing::warn!(%error, ?pause, "the dispatcher lost its database, and connects again");
            }
        }
        wait_for_another_try(control, pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    control.health.set_trouble("stopped");
    Ending::Stopped
}

enum StopReason {
    Asked,
    Failed(Error),
    Panicked(String),
}

/// Ticks on one connection until something stops it. Calls `on_success` after each successful tick.
async fn work<T>(url: &str, control: &Control, tick: &mut T, mut on_success: impl FnMut()) -> StopReason
where
    T: FnMut(&mut PgConnection, &mut dyn FnMut() -> bool) -> Result<TickOutcome>,
{
    let mut conn = match connect(url) {
        Ok(conn) => conn,
        Err(error) => return StopReason::Failed(error),
    };
    let mut pauses = Pauses::default();
    while control.goes_on() {
        let mut beat = || {
            control.health.beat();
            control.goes_on()
        };
        let bounded = || with_wait_limit(PATIENCE, || tick(&mut conn, &mut beat));
        let outcome = match catch_unwind(AssertUnwindSafe(bounded)) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => return StopReason::Failed(error),
            Err(panic) => return StopReason::Panicked(message_of(&*panic)),
        };
        control.health.beat();
        control.health.report(outcome.alarm.clone());
        control.lock_queue.add_skipped(&outcome.held);
        on_success();
        control.waker.wait(Instant::now() + pauses.after(&outcome)).await;
    }
    StopReason::Asked
}

pub(super) fn connect(url: &str) -> Result<PgConnection> {
    with_wait_limit(PATIENCE, || {
        let mut conn = db::connect(url).map_err(|error| Error::Unavailable(error.to_string()))?;
        queries::prepare(&mut conn)?;
        Ok(conn)
    })
}

/// Waits for the whole pause: a NOTIFY does not shorten it, only a stop does.
async fn wait_for_another_try(control: &Control, pause: Duration) {
    let until = Instant::now() + pause;
    while control.goes_on() && Instant::now() < until {
        control.waker.wait(until).await;
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "of unknown kind".into())
}
