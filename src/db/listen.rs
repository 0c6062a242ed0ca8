//! LISTEN without polling: the async runtime watches libpq's socket.
//!
//! diesel exposes neither the socket nor a blocking wait, so this module calls libpq directly. It uses the
//! same address, and therefore the same TLS, as every other connection.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr::NonNull;
use std::time::Duration;

use actix_web::rt::time::timeout;
use pq_sys as pq;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::wait_limit::with_wait_limit;

/// One NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub channel: String,
    pub payload: String,
}

/// The connection failed or was lost.
#[derive(Debug, thiserror::Error)]
#[error("listening on the database failed: {0}")]
pub struct ListenError(String);

/// Ask the server whether it is alive after this time without a message.
const CHECK_AFTER: Duration = Duration::from_secs(15);

/// How long the server may take to answer that question.
const CHECK_TIME_OUT: Duration = Duration::from_secs(8);

/// A connection used only for LISTEN.
pub struct Listener {
    socket: AsyncFd<Connection>,
    quiet: Duration,
    answer: Duration,
    /// Whether we wait for an answer of the server.
    is_asked: bool,
}

impl Listener {
    /// Connects on the blocking pool and listens on `channels` (plain identifiers).
    pub async fn connect(url: &str, channels: &'static [&'static str]) -> Result<Self, ListenError> {
        let url = CString::new(url).map_err(|error| ListenError(error.to_string()))?;
        let open = move || with_wait_limit(CHECK_TIME_OUT, || Connection::open(&url, channels));
        let connection = actix_web::rt::task::spawn_blocking(open)
            .await
            .map_err(|error| ListenError(error.to_string()))??;
        // SAFETY: the connection owns the socket, `AsyncFd` owns the connection, and nothing resets it. So
        // the socket stays open and unchanged until both are dropped.
        let socket = unsafe { AsyncFd::register_with_interest(connection, Interest::READABLE) }
            .map_err(|error| ListenError(error.to_string()))?;
        Ok(Self { socket, quiet: CHECK_AFTER, answer: CHECK_TIME_OUT, is_asked: false })
    }

    /// The same with other limits: see `CHECK_AFTER` and `CHECK_TIME_OUT`.
    pub fn asking_after(self, quiet: Duration, answer: Duration) -> Self {
        Self { quiet, answer, ..self }
    }

    /// Waits for the next notice.
    ///
    /// # Errors
    /// The connection is lost or silent. Notices may have been missed: read the tables after reconnecting.
    pub async fn recv(&mut self) -> Result<Notice, ListenError> {
        loop {
            if let Some(notice) = self.socket.get_ref().next_notice() {
                return Ok(notice);
            }
            let limit = if self.is_asked { self.answer } else { self.quiet };
            let Ok(ready) = timeout(limit, self.socket.readable()).await else {
                if self.is_asked {
                    return Err(ListenError("the server says nothing".into()));
                }
                self.socket.get_ref().ask()?;
                self.is_asked = true;
                continue;
            };
            let mut ready = ready.map_err(|error| ListenError(error.to_string()))?;
            ready.get_inner().consume_input()?;
            ready.clear_ready();
            // Read again: data that arrived between the read and `clear_ready` would otherwise wait for the
            // next notice.
            self.socket.get_ref().consume_input()?;
            self.is_asked = false;
            self.socket.get_ref().drop_answers();
        }
    }
}

/// An owned `PGconn`, used by one task at a time.
struct Connection(NonNull<pq::PGconn>);

// SAFETY: libpq allows a connection to move between threads as long as no two threads use it at once, and
// `Connection` is neither Clone nor Sync.
unsafe impl Send for Connection {}

impl Connection {
    fn open(url: &CStr, channels: &[&str]) -> Result<Self, ListenError> {
        // SAFETY: `url` is a NUL-terminated string that outlives the call.
        let raw = unsafe { pq::PQconnectdb(url.as_ptr()) };
        let conn = Self(NonNull::new(raw).ok_or_else(|| ListenError("out of memory".into()))?);
        // SAFETY: `conn` holds a live connection object, connected or not.
        if unsafe { pq::PQstatus(conn.0.as_ptr()) } != pq::ConnStatusType::CONNECTION_OK {
            return Err(conn.last_error());
        }
        for channel in channels {
            conn.execute(&format!("LISTEN \"{channel}\""))?;
        }
        Ok(conn)
    }

    fn execute(&self, sql: &str) -> Result<(), ListenError> {
        let sql = CString::new(sql).map_err(|error| ListenError(error.to_string()))?;
        // SAFETY: both pointers are valid for the call; the result is cleared exactly once.
        let done = unsafe {
            let result = pq::PQexec(self.0.as_ptr(), sql.as_ptr());
            let status = pq::PQresultStatus(result);
            pq::PQclear(result);
            status == pq::ExecStatusType::PGRES_COMMAND_OK
        };
        if done { Ok(()) } else { Err(self.last_error()) }
    }

    /// Reads what has arrived on the socket, without blocking.
    fn consume_input(&self) -> Result<(), ListenError> {
        // SAFETY: the connection is live; PQconsumeInput does not block.
        if unsafe { pq::PQconsumeInput(self.0.as_ptr()) } == 1 { Ok(()) } else { Err(self.last_error()) }
    }

    /// Sends an empty statement, to which the server must reply.
    fn ask(&self) -> Result<(), ListenError> {
        self.drop_answers();
        // SAFETY: the connection is live, and the text is NUL-terminated.
        let is_sent = unsafe { pq::PQsendQuery(self.0.as_ptr(), c"".as_ptr()) } == 1;
        if is_sent { Ok(()) } else { Err(self.last_error()) }
    }

    /// Discards the results that have arrived completely, without waiting for others.
    fn drop_answers(&self) {
        // SAFETY: the connection is live. PQgetResult is called only when it will not block, and each result
        // is cleared exactly once.
        unsafe {
            while pq::PQisBusy(self.0.as_ptr()) == 0 {
                let result = pq::PQgetResult(self.0.as_ptr());
                if result.is_null() {
                    return;
                }
                pq::PQclear(result);
            }
        }
    }

    fn next_notice(&self) -> Option<Notice> {
        // SAFETY: a non-null result holds two NUL-terminated strings and is freed exactly once.
        unsafe {
            let raw = NonNull::new(pq::PQnotifies(self.0.as_ptr()))?;
            let text = |pointer| CStr::from_ptr(pointer).to_string_lossy().into_owned();
            let notice = Notice { channel: text(raw.as_ref().relname), payload: text(raw.as_ref().extra) };
            pq::PQfreemem(raw.as_ptr().cast());
            Some(notice)
        }
    }

    fn last_error(&self) -> ListenError {
        // SAFETY: the message belongs to the connection and is copied at once.
        let message = unsafe { CStr::from_ptr(pq::PQerrorMessage(self.0.as_ptr())) };
        ListenError(message.to_string_lossy().trim().to_owned())
    }
}

impl AsRawFd for Connection {
    fn as_raw_fd(&self) -> RawFd {
        // SAFETY: the connection is live.
        unsafe { pq::PQsocket(self.0.as_ptr()) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: finished exactly once, here.
        unsafe { pq::PQfinish(self.0.as_ptr()) };
    }
}
