//! Limits how long a thread waits for the database.
//!
//! libpq waits for ever if a server is frozen, and for hours if a server disappears from the network.
//! PostgreSQL's own time-outs do not help, because it is PostgreSQL that does not respond. diesel exposes
//! neither the socket nor a time-out. So the linker redirects libpq's blocking calls to this module
//! (`--wrap`, see `build.rs`). Each call records how long its thread may wait. A watchdog checks these
//! records. If a wait is too long, it shuts down the connection's socket, and libpq returns as if the server
//! had closed the connection.
//!
//! Connecting has its own limit, libpq's `connect_timeout` (see `url`). Only Linux linkers support `--wrap`;
//! elsewhere the waits are unlimited.

use std::cell::Cell;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Maximum duration of one wait of a request. Longer than `statement_timeout`, so that a live server reports
/// the time-out first.
pub const WAIT_LIMIT: Duration = Duration::from_secs(17);

/// Interval of the watchdog. A wait can exceed its limit by this much.
const TICK: Duration = Duration::from_millis(250);

static WAITS: Mutex<Vec<Weak<ThreadWait>>> = Mutex::new(Vec::new());
static CLOSED_CONNECTIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LIMIT: Cell<Option<Duration>> = const { Cell::new(None) };
    static THREAD_WAIT: Arc<ThreadWait> = ThreadWait::taken();
}

/// Runs `work` with a limit for each wait for the database. `None` means no limit.
pub fn with_wait_limit<T>(limit: impl Into<Option<Duration>>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Duration>);
    impl Drop for Restore {
        fn drop(&mut self) {
            LIMIT.set(self.0);
        }
    }
    let _restore = Restore(LIMIT.replace(limit.into()));
    work()
}

/// How many connections this process has closed because they were silent for too long. An idle connection
/// from before the last such closing must not be trusted.
pub fn closed_connections() -> u64 {
    CLOSED_CONNECTIONS.load(Ordering::SeqCst)
}

/// The wait of one thread. A thread waits for one connection at a time.
#[derive(Default)]
struct ThreadWait(Mutex<Wait>);

#[derive(Default)]
struct Wait {
    /// `None` while the thread is not waiting.
    until: Option<Instant>,
    began: Option<Instant>,
    socket: RawFd,
    /// A duplicate of the socket's descriptor, made while the wait was certainly in progress. libpq could
    /// close the original, and another thread could reuse its number, just when the watchdog acts.
    duplicate_socket: Option<OwnedFd>,
}

impl ThreadWait {
    fn taken() -> Arc<Self> {
        static WATCHDOG: Once = Once::new();
        WATCHDOG.call_once(|| {
            // If the watchdog cannot start, the waits are unlimited, but everything else works.
            std::thread::Builder::new().name("watchdog".into()).spawn(watch).ok();
        });
        let wait = Arc::<Self>::default();
        waits().push(Arc::downgrade(&wait));
        wait
    }

    fn wait(&self) -> MutexGuard<'_, Wait> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the wait if it has exceeded its limit. Returns whether it did.
    fn look(&self, now: Instant) -> bool {
        let mut wait = self.wait();
        let (Some(until), Some(began)) = (wait.until, wait.began) else { return false };
        if wait.duplicate_socket.is_none() && now.duration_since(began) >= TICK && wait.socket >= 0 {
            // SAFETY: libpq owns the socket and is inside a call that waits for it, so it is open.
            let socket = unsafe { BorrowedFd::borrow_raw(wait.socket) };
            wait.duplicate_socket = socket.try_clone_to_owned().ok();
        }
        if now < until {
            return false;
        }
        let Some(duplicate_socket) = wait.duplicate_socket.take() else { return false };
        wait.until = None;
        // SAFETY: we own the descriptor, and it is open.
        unsafe { libc::shutdown(duplicate_socket.as_raw_fd(), libc::SHUT_RDWR) };
        CLOSED_CONNECTIONS.fetch_add(1, Ordering::SeqCst);
        true
    }
}

fn waits() -> MutexGuard<'static, Vec<Weak<ThreadWait>>> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch() {
    loop {
        std::thread::sleep(TICK);
        let mut taken = Vec::new();
        waits().retain(|wait| wait.upgrade().map(|wait| taken.push(wait)).is_some());
        let now = Instant::now();
        for _ in taken.iter().filter(|wait| wait.look(now)) {
            tracing::warn!("the database was silent for too long: a connection is given up");
        }
    }
}

#[cfg(target_os = "linux")]
mod wrapped {
    use std::ffi::{c_char, c_int};
    use std::mem;
    use std::time::Instant;

    use pq_sys::{Oid, PGconn, PGresult};

    use super::{LIMIT, THREAD_WAIT, Wait};

    /// Runs a libpq call, which may wait for `conn`, under the limit of this thread.
    ///
    /// # Safety
    /// `conn` is null or a live connection.
    unsafe fn bounded<T>(conn: *const PGconn, call: impl FnOnce() -> T) -> T {
        let Some(limit) = LIMIT.get() else { return call() };
        // The wait may already be gone while a thread ends.
        let Ok(thread) = THREAD_WAIT.try_with(Clone::clone) else { return call() };
        let now = Instant::now();
        let wait = Wait {
            until: Some(now + limit),
            began: Some(now),
            // SAFETY: guaranteed by the caller; PQsocket returns -1 for null.
            socket: unsafe { pq_sys::PQsocket(conn) },
            duplicate_socket: None,
        };
        // With a static libpq, some wrapped functions call others, so waits can be nested.
        let outer = mem::replace(&mut *thread.wait(), wait);
        let answer = call();
        drop(mem::replace(&mut *thread.wait(), outer));
        answer
    }

    /// Defines the functions that replace libpq's own.
    macro_rules! bounded {
        ($($wrapper:ident, $real:ident ($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {$(
            unsafe extern "C" {
                fn $real(conn: *mut PGconn, $($name: $type),*) -> $answer;
            }

            /// Calls libpq's function under the limit of this thread.
            ///
            /// # Safety
            /// As for libpq's own.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $wrapper(conn: *mut PGconn, $($name: $type),*) -> $answer {
                // SAFETY: as the caller promises.
                unsafe { bounded(conn, || $real(conn, $($name),*)) }
            }
        )*};
    }

    bounded! {
        __wrap_PQexec, __real_PQexec(sql: *const c_char) -> *mut PGresult;
        __wrap_PQprepare, __real_PQprepare(
            name: *const c_char, sql: *const c_char, count: c_int, types: *const Oid
        ) -> *mut PGresult;
        __wrap_PQgetResult, __real_PQgetResult() -> *mut PGresult;
        __wrap_PQsendQueryParams, __real_PQsendQueryParams(
            sql: *const c_char, count: c_int, types: *const Oid, values: *const *const c_char,
            lengths: *const c_int, formats: *const c_int, result_format: c_int
        ) -> c_int;
        __wrap_PQsendQueryPrepared, __real_PQsendQueryPrepared(
            name: *const c_char, count: c_int, values: *const *const c_char,
            lengths: *const c_int, formats: *const c_int, result_format: c_int
        ) -> c_int;
        __wrap_PQputCopyData, __real_PQputCopyData(buffer: *const c_char, size: c_int) -> c_int;
        __wrap_PQputCopyEnd, __real_PQputCopyEnd(error: *const c_char) -> c_int;
        __wrap_PQgetCopyData, __real_PQgetCopyData(buffer: *mut *mut c_char, is_async: c_int) -> c_int;
        __wrap_PQfinish, __real_PQfinish() -> ();
    }
}
