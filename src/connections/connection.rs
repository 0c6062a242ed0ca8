//! The state of one connection, shared by its worker and the register.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use crate::ids::{ContactId, UserId};

/// Maximum idle time before the first request and between requests. The server's own limit is shorter, but
/// does not apply if a second request has begun and never ends.
const IDLE: Duration = Duration::from_secs(15);

/// A client must read [`FAIR_BYTES`] of the waiting data within this time.
const FAIR_TIME: Duration = Duration::from_secs(30);
const FAIR_BYTES: usize = 64 * 1024;

/// Maximum bytes that a client may send during its event stream. A client has nothing to send then, and unread input
/// would hide that the client is gone.
const MAX_INPUT_DURING_STREAM: usize = 4 * 1024;

/// Who uses a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    User(UserId),
    /// The holder of the contact's link.
    Customer(ContactId),
}

/// Shared by the connection's worker and the register. Only the worker writes most fields, so relaxed
/// ordering is enough.
#[derive(Debug)]
pub struct Connection {
    /// The network that counts as one visitor; `None` for a trusted proxy.
    pub(super) network: Option<IpAddr>,
    pub(super) owner: OnceLock<Owner>,
    /// Number of requests whose responses are not completely sent.
    under_way: AtomicUsize,
    /// When the last request began or ended, in milliseconds of [`now`].
    since: AtomicU64,
    /// Since when the client has been slow to read, in milliseconds of [`now`]; 0 if it is not slow.
    slow_since: AtomicU64,
    taken_since: AtomicUsize,
    has_stream: AtomicBool,
    sent_beside_stream: AtomicUsize,
    is_gone: AtomicBool,
    is_closing: AtomicBool,
    /// Whether the register asked the connection to close.
    pub(super) must_close: AtomicBool,
    pub(super) waker: AtomicWaker,
}

/// Milliseconds since the first call in this process; never 0.
pub(super) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64 + 1
}

fn since(then: u64, now: u64) -> Duration {
    Duration::from_millis(now.saturating_sub(then))
}

impl Connection {
    pub(super) fn new(network: Option<IpAddr>) -> Self {
        Self {
            network,
            owner: OnceLock::new(),
            under_way: AtomicUsize::new(0),
            since: AtomicU64::new(now()),
            slow_since: AtomicU64::new(0),
            taken_since: AtomicUsize::new(0),
            has_stream: AtomicBool::new(false),
            sent_beside_stream: AtomicUsize::new(0),
            is_gone: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            must_close: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// Whether the client has closed its side, or we are closing the connection. An event stream checks this
    /// on each poll, and is polled when it changes.
    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed) || self.is_closing()
    }

    /// Records that the current response is an event stream.
    pub fn begins_stream(&self) {
        self.has_stream.store(true, Ordering::Relaxed);
    }

    pub(super) fn begins_request(&self) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.since.store(now(), Ordering::Relaxed);
    }

    pub(super) fn ends_request(&self) {
        self.has_stream.store(false, Ordering::Relaxed);
        self.since.store(now(), Ordering::Relaxed);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// Records `count` bytes received from the client; 0 means that it has closed its side.
    pub(super) fn record_read(&self, count: usize) {
        if count == 0 {
            self.is_gone.store(true, Ordering::Relaxed);
        } else if self.has_stream.load(Ordering::Relaxed)
            && self.sent_beside_stream.fetch_add(count, Ordering::Relaxed) + count > MAX_INPUT_DURING_STREAM
        {
            self.close();
        }
    }

    /// Records that the client accepted `count` of `offered` bytes; `None` means that it is not accepting any
    /// now.
    pub(super) fn record_write(&self, count: Option<usize>, offered: usize) {
        let is_slow = self.slow_since.load(Ordering::Relaxed) != 0;
        match count {
            Some(count) if count == offered => self.slow_since.store(0, Ordering::Relaxed),
            Some(count) if is_slow => self.takes_again(count),
            None if !is_slow => self.becomes_slow(),
            _ => {}
        }
    }

    /// A slow client has accepted some bytes. If they are enough, its time starts over.
    fn takes_again(&self, count: usize) {
        if self.taken_since.fetch_add(count, Ordering::Relaxed) + count >= FAIR_BYTES {
            self.becomes_slow();
        }
    }

    fn becomes_slow(&self) {
        self.taken_since.store(0, Ordering::Relaxed);
        self.slow_since.store(now(), Ordering::Relaxed);
    }

    /// Whether it was idle for too long, or too slow for too long.
    pub(super) fn is_overdue(&self, now: u64) -> bool {
        let slow = self.slow_since.load(Ordering::Relaxed);
        let is_idle = self.is_idle() && since(self.since(), now) > IDLE;
        is_idle || (slow != 0 && since(slow, now) > FAIR_TIME)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    pub(super) fn since(&self) -> u64 {
        self.since.load(Ordering::Relaxed)
    }

    pub(super) fn is_exempt(&self) -> bool {
        self.network.is_none()
    }

    pub(super) fn is_strangers(&self) -> bool {
        !self.is_exempt() && self.owner.get().is_none()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Makes its worker drop the connection. From now on it reads as ended and accepts no writes.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(time: Duration) -> u64 {
        now() + time.as_millis() as u64
    }

    #[test]
    fn an_idle_connection_is_closed() {
        let connection = Connection::new(None);
        assert!(!connection.is_overdue(now()));
        assert!(connection.is_overdue(later(IDLE + Duration::from_secs(1))));
        connection.begins_request();
        assert!(!connection.is_overdue(later(IDLE * 10)), "an answer is under way");
        connection.ends_request();
        assert!(connection.is_overdue(later(IDLE + Duration::from_secs(1))));
    }

    #[test]
    fn a_slow_reader_is_closed() {
        let connection = Connection::new(None);
        connection.begins_request();
        let late = later(FAIR_TIME + Duration::from_secs(1));
        connection.record_write(None, 8_000);
        connection.record_write(Some(1), 8_000);
        assert!(connection.is_overdue(late));
        connection.record_write(Some(8_000), 8_000);
        assert!(!connection.is_overdue(late), "all of it was taken");
    }

    #[test]
    fn a_client_that_sends_during_a_stream_is_closed() {
        let connection = Connection::new(None);
        connection.record_read(MAX_INPUT_DURING_STREAM * 2);
        assert!(!connection.is_gone());
        connection.begins_stream();
        connection.record_read(MAX_INPUT_DURING_STREAM + 1);
        assert!(connection.is_gone());
    }
}
