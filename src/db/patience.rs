//! How long a thread waits for the database's answer.
//!
//! libpq waits for ever: for a server that is frozen, and, for hours, for one that is gone without a word.
//! PostgreSQL's own time-outs cannot help, for it is PostgreSQL that says nothing. So the linker sends the
//! waiting calls of libpq through this module (`--wrap`, see `build.rs`; diesel shows neither the socket nor a
//! time-out). Each call notes until when its thread may wait. A watchdog looks at the notes; where a wait has lasted
//! for too long, it shuts the connection's socket down, and libpq returns as if the server had closed it.
//!
//! Connecting has a bound of its own, libpq's `connect_timeout` (see `url`). Other linkers than Linux's have no
//! `--wrap`; there the waits have no bound.

use std::cell::Cell;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long one wait of a request may last: longer than the `statement_timeout` of its connection, so that a server
/// that is alive answers first.
pub const PATIENCE: Duration = Duration::from_secs(17);

/// How often the watchdog looks. A wait can last longer than its limit by this much.
const TICK: Duration = Duration::from_millis(250);

static SEATS: Mutex<Vec<Weak<Seat>>> = Mutex::new(Vec::new());
static GIVEN_UP: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LIMIT: Cell<Option<Duration>> = const { Cell::new(None) };
    static SEAT: Arc<Seat> = Seat::taken();
}

/// Runs `work`, in which no wait for the database lasts longer than `limit`; without one, as long as it takes.
pub fn with_patience<T>(limit: impl Into<Option<Duration>>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Duration>);
    impl Drop for Restore {
        fn drop(&mut self) {
            LIMIT.set(self.0);
        }
    }
    let _restore = Restore(LIMIT.replace(limit.into()));
    work()
}

/// How many connections this process has given up because they were silent for too long. Whoever holds an idle one
/// from before the last of them must not trust it.
pub fn given_up() -> u64 {
    GIVEN_UP.load(Ordering::SeqCst)
}

/// What one thread waits for. A thread waits for one connection at a time.
#[derive(Default)]
struct Seat(Mutex<Wait>);

#[derive(Default)]
struct Wait {
    /// `None` while the thread does not wait.
    until: Option<Instant>,
    began: Option<Instant>,
    socket: RawFd,
    /// A second descriptor of the socket, taken while the wait was certainly under way. The first could be closed by
    /// libpq and opened by another thread for something else in the moment in which the watchdog acts.
    held: Option<OwnedFd>,
}

impl Seat {
    fn taken() -> Arc<Self> {
        static WATCHDOG: Once = Once::new();
        WATCHDOG.call_once(|| {
            // Without the thread the waits have no bound, and all else works.
            std::thread::Builder::new().name("watchdog".into()).spawn(watch).ok();
        });
        let seat = Arc::<Self>::default();
        seats().push(Arc::downgrade(&seat));
        seat
    }

    fn wait(&self) -> MutexGuard<'_, Wait> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the wait if it has lasted for too long.
    fn look(&self, now: Instant) -> bool {
        let mut wait = self.wait();
        let (Some(until), Some(began)) = (wait.until, wait.began) else { return false };
        if wait.held.is_none() && now.duration_since(began) >= TICK && wait.socket >= 0 {
            // SAFETY: the socket is open: libpq, which owns it, is within a call that waits for it.
            let socket = unsafe { BorrowedFd::borrow_raw(wait.socket) };
            wait.held = socket.try_clone_to_owned().ok();
        }
        if now < until {
            return false;
        }
        let Some(held) = wait.held.take() else { return false };
        wait.until = None;
        // SAFETY: the descriptor is open, and ours.
        unsafe { libc::shutdown(held.as_raw_fd(), libc::SHUT_RDWR) };
        GIVEN_UP.fetch_add(1, Ordering::SeqCst);
        true
    }
}

fn seats() -> MutexGuard<'static, Vec<Weak<Seat>>> {
    SEATS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch() {
    loop {
        std::thread::sleep(TICK);
        let mut taken = Vec::new();
        seats().retain(|seat| seat.upgrade().map(|seat| taken.push(seat)).is_some());
        let now = Instant::now();
        for _ in taken.iter().filter(|seat| seat.look(now)) {
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

    use super::{LIMIT, SEAT, Wait};

    /// Makes the call, which may wait for `conn`, under the limit of this thread.
    ///
    /// # Safety
    /// `conn` is null or a live connection.
    unsafe fn bounded<T>(conn: *const PGconn, call: impl FnOnce() -> T) -> T {
        let Some(limit) = LIMIT.get() else { return call() };
        // While a thread ends, its seat may be gone.
        let Ok(seat) = SEAT.try_with(Clone::clone) else { return call() };
        let now = Instant::now();
        let wait = Wait {
            until: Some(now + limit),
            began: Some(now),
            // SAFETY: as the caller promises; of null, the answer is -1.
            socket: unsafe { pq_sys::PQsocket(conn) },
            held: None,
        };
        // A static libpq also makes some of these calls from within others.
        let outer = mem::replace(&mut *seat.wait(), wait);
        let answer = call();
        drop(mem::replace(&mut *seat.wait(), outer));
        answer
    }

    /// Defines the functions that take the place of libpq's own.
    macro_rules! bounded {
        ($($wrapper:ident, $real:ident ($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {$(
            unsafe extern "C" {
                fn $real(conn: *mut PGconn, $($name: $type),*) -> $answer;
            }

            /// As libpq's own, but under the limit of this thread.
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
