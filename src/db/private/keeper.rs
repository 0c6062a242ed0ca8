//! Restarts the server if it ends before us: killed, out of memory, out of disk.
//!
//! The address stays the same, so that its users only need to reconnect. If the server cannot be restarted,
//! the keeper reports this once and gives up. The process must then end, so that its supervisor can act. The
//! process must also end if the keeper panics, because nothing watches the server any more.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use super::{PrivateServer, StartError};

/// Interval at which the server is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// The pause before a restart. It doubles each time, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// After a server has run for this long, the pause starts at [`FIRST_PAUSE`] again.
const STABLE_AFTER: Duration = Duration::from_secs(60);

/// Maximum failed restarts in a row. With their pauses, they take about 15 seconds.
const MAX_FAILED_RESTARTS: u32 = 8;

/// Why the keeper gave up.
#[derive(Debug, thiserror::Error)]
pub enum KeeperFailure {
    #[error("PostgreSQL has ended and cannot be started again: {0}")]
    Start(#[from] StartError),
    #[error("nobody watches over PostgreSQL any more, for that panicked ({0}): start Pontual again")]
    Panic(String),
}

/// Keeps a server running until it is stopped or dropped. Dropping it stops the server.
#[derive(Debug)]
pub struct Keeper {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    _server: Arc<PrivateServer>,
}

/// Tells the keeper to stop, without waiting. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    is_asked: AtomicBool,
    lock: Mutex<()>,
    asked: Condvar,
}

impl Stop {
    /// The server is not restarted after this call.
    pub fn stop(&self) {
        self.0.is_asked.store(true, Ordering::SeqCst);
        self.0.asked.notify_all();
    }

    fn is_asked(&self) -> bool {
        self.0.is_asked.load(Ordering::SeqCst)
    }

    /// Waits for `pause`, or until asked to stop.
    fn pause(&self, pause: Duration) {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.asked.wait_timeout_while(guard, pause, |()| !self.is_asked());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Keeper {
    /// Watches over `server`. Calls `give_up` if the server cannot be restarted or the watch panics.
    pub fn of(
        server: PrivateServer,
        give_up: impl FnOnce(KeeperFailure) + Send + 'static,
    ) -> io::Result<Self> {
        let (server, stop) = (Arc::new(server), Stop::default());
        let (kept, stopping) = (server.clone(), stop.clone());
        let watch = move || watch(|| keep(&kept, &stopping), give_up);
        let thread = thread::Builder::new().name("keeper".into()).spawn(watch)?;
        Ok(Self { stop, thread: Some(thread), _server: server })
    }

    pub fn handle(&self) -> Stop {
        self.stop.clone()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn watch(keep: impl FnOnce() -> Result<(), StartError>, give_up: impl FnOnce(KeeperFailure)) {
    match catch_unwind(AssertUnwindSafe(keep)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => give_up(error.into()),
        Err(panic) => give_up(KeeperFailure::Panic(message_of(&*panic))),
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "of unknown kind".into())
}

fn keep(server: &PrivateServer, stop: &Stop) -> Result<(), StartError> {
    let (mut pause, mut failures, mut began) = (FIRST_PAUSE, 0, Instant::now());
    while !stop.is_asked() {
        if server.is_running() {
            stop.pause(CHECK_INTERVAL);
            continue;
        }
        if began.elapsed() > STABLE_AFTER {
            pause = FIRST_PAUSE;
        }
        tracing::error!(?pause, "PostgreSQL has ended, and is started again");
        stop.pause(pause);
        pause = (pause * 2).min(MAX_PAUSE);
        if stop.is_asked() {
            break;
        }
        match server.start_again(&|| !stop.is_asked()) {
            Ok(()) => {
                (failures, began) = (0, Instant::now());
                tracing::info!("PostgreSQL runs again");
            }
            Err(_) if stop.is_asked() => break,
            Err(error) => {
                failures += 1;
                tracing::error!(%error, failures, "PostgreSQL cannot be started again");
                if failures >= MAX_FAILED_RESTARTS {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss_after(keep: impl FnOnce() -> Result<(), StartError>) -> Option<String> {
        let mut loss = None;
        watch(keep, |lost| loss = Some(lost.to_string()));
        loss
    }

    #[test]
    fn every_end_of_the_watch_except_a_stop_is_reported() {
        assert_eq!(loss_after(|| Ok(())), None);
        let start = loss_after(|| Err(StartError::NoPrograms)).unwrap();
        assert!(start.starts_with("PostgreSQL has ended and cannot be started again: "), "{start}");
        let panic = loss_after(|| panic!("no luck")).unwrap();
        assert!(panic.contains("that panicked (no luck)"), "{panic}");
    }
}
