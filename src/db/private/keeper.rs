//! Starts the server again where it ends before us: killed, out of memory, out of disk.
//!
//! Its address stays the same, so that whoever uses it need only connect again. If it cannot be started, this says
//! so once and gives up: the process must end then, for somebody else can perhaps help.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use super::{PrivateServer, StartError};

/// How often the server is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The pause before a start; each is twice as long as the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// After a server has run for this time, the pause before its next start is the first one again.
const WELL: Duration = Duration::from_secs(60);

/// Number of starts that may fail in a row: with their pauses, about a quarter of a minute.
const TRIES: u32 = 8;

/// Keeps a server running until it is stopped or dropped. The server ends when it is dropped.
#[derive(Debug)]
pub struct Keeper {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    _server: Arc<PrivateServer>,
}

/// Ends the keeping, and never waits. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    is_asked: AtomicBool,
    lock: Mutex<()>,
    asked: Condvar,
}

impl Stop {
    /// From now on the server is not started again.
    pub fn stop(&self) {
        self.0.is_asked.store(true, Ordering::SeqCst);
        self.0.asked.notify_all();
    }

    fn is_asked(&self) -> bool {
        self.0.is_asked.load(Ordering::SeqCst)
    }

    /// Waits, and less long if it is asked to stop.
    fn pause(&self, pause: Duration) {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.asked.wait_timeout_while(guard, pause, |()| !self.is_asked());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Keeper {
    /// Watches over `server`. `give_up` is called if it cannot be started again.
    ///
    /// # Errors
    /// There can be no further thread.
    pub fn of(server: PrivateServer, give_up: impl FnOnce(StartError) + Send + 'static) -> io::Result<Self> {
        let (server, stop) = (Arc::new(server), Stop::default());
        let (kept, stopping) = (server.clone(), stop.clone());
        let keep = move || {
            if let Err(error) = keep(&kept, &stopping) {
                give_up(error);
            }
        };
        let thread = thread::Builder::new().name("keeper".into()).spawn(keep)?;
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

fn keep(server: &PrivateServer, stop: &Stop) -> Result<(), StartError> {
    let (mut pause, mut failures, mut began) = (FIRST_PAUSE, 0, Instant::now());
    while !stop.is_asked() {
        if server.is_running() {
            stop.pause(LOOK);
            continue;
        }
        if began.elapsed() > WELL {
            pause = FIRST_PAUSE;
        }
        tracing::error!(?pause, "PostgreSQL has ended, and is started again");
        stop.pause(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
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
                if failures >= TRIES {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}
