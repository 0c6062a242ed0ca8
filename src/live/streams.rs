//! The open streams of this process.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::message::PING;
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So many events may wait for a client; one that reads none of them is dropped. Events are shared
/// between streams, so that a full queue costs little.
const QUEUE: usize = 64;

/// After so many beats, which are a second apart, each stream is shown to be alive.
const PING_EVERY: u64 = 25;

/// Streams by whom they are for: users, or contacts.
pub struct Streams<K> {
    open: Arc<Mutex<Open<K>>>,
}

struct Open<K> {
    of: HashMap<K, Vec<(u64, Sender<Bytes>)>>,
    next: u64,
    is_closed: bool,
}

impl<K: Copy + Eq + Hash> Streams<K> {
    pub fn new() -> Self {
        Self { open: Arc::new(Mutex::new(Open { of: HashMap::new(), next: 0, is_closed: false })) }
    }

    /// Opens a stream for `key`. Once all are closed, it ends at once.
    pub fn open(&self, key: K) -> EventStream<K> {
        let (sender, receiver) = channel(QUEUE);
        let mut open = lock(&self.open);
        let id = open.next;
        open.next += 1;
        if !open.is_closed {
            open.of.entry(key).or_default().push((id, sender));
        }
        EventStream { receiver, open: self.open.clone(), key, id }
    }

    /// Everybody who has a stream.
    pub fn keys(&self) -> Vec<K> {
        lock(&self.open).of.keys().copied().collect()
    }

    pub fn is_empty(&self) -> bool {
        lock(&self.open).of.is_empty()
    }

    /// How many have one.
    pub fn len(&self) -> usize {
        lock(&self.open).of.len()
    }

    pub fn has(&self, key: K) -> bool {
        lock(&self.open).of.contains_key(&key)
    }

    /// Queues `event` on every stream of `key`, and drops those that do not keep up.
    pub fn send(&self, key: K, event: &Bytes) {
        lock(&self.open).send(key, event);
    }

    /// The same for every stream of `keys`.
    pub fn send_to(&self, keys: &[K], event: &Bytes) {
        let mut open = lock(&self.open);
        keys.iter().for_each(|key| open.send(*key, event));
    }

    /// Pings those whose turn it is at `beat` and returns them; with many streams a part of them at each, so
    /// that no event waits for all. A key's turn comes by its `number`.
    pub fn ping(&self, beat: u64, number: impl Fn(&K) -> i64) -> Vec<K> {
        let mut open = lock(&self.open);
        let parts = match open.of.len() {
            0..400 => 1,
            400..2_000 => 5,
            _ => PING_EVERY,
        };
        if !beat.is_multiple_of(PING_EVERY / parts) {
            return Vec::new();
        }
        let part = beat / (PING_EVERY / parts) % parts;
        let is_next = |key: &K| number(key).unsigned_abs() % parts == part;
        let keys: Vec<K> = open.of.keys().copied().filter(is_next).collect();
        keys.iter().for_each(|key| open.send(*key, &PING));
        keys
    }

    /// Ends the streams of `key` after what is queued.
    pub fn close(&self, key: K) {
        lock(&self.open).of.remove(&key);
    }

    /// Ends every stream, now and from now on.
    pub fn close_all(&self) {
        let mut open = lock(&self.open);
        open.is_closed = true;
        open.of.clear();
    }
}

impl<K: Copy + Eq + Hash> Open<K> {
    fn send(&mut self, key: K, event: &Bytes) {
        let Some(streams) = self.of.get_mut(&key) else { return };
        streams.retain(|(_, sender)| sender.try_send(event.clone()).is_ok());
        if streams.is_empty() {
            self.of.remove(&key);
        }
    }
}

/// The body of one answer: what is queued for it, until the hub or the client ends it.
pub struct EventStream<K: Copy + Eq + Hash> {
    receiver: Receiver<Bytes>,
    open: Arc<Mutex<Open<K>>>,
    key: K,
    id: u64,
}

impl<K: Copy + Eq + Hash + Unpin> Stream for EventStream<K> {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(context).map(|event| event.map(Ok))
    }
}

impl<K: Copy + Eq + Hash> Drop for EventStream<K> {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        let Some(streams) = open.of.get_mut(&self.key) else { return };
        streams.retain(|(id, _)| *id != self.id);
        if streams.is_empty() {
            open.of.remove(&self.key);
        }
    }
}

/// A panic elsewhere leaves the map whole: every change of it is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, StreamExt};

    fn next(stream: &mut EventStream<i64>) -> Option<Option<Bytes>> {
        stream.next().now_or_never().map(|event| event.map(|event| event.unwrap()))
    }

    #[test]
    fn an_event_reaches_every_stream_of_its_key_and_no_other() {
        let streams = Streams::new();
        let (mut first, mut second, mut other) = (streams.open(1), streams.open(1), streams.open(2));
        let event = Bytes::from_static(b"x");
        streams.send(1, &event);
        assert_eq!(next(&mut first), Some(Some(event.clone())));
        assert_eq!(next(&mut second), Some(Some(event)));
        assert_eq!(next(&mut other), None);
    }

    #[test]
    fn a_client_that_never_reads_is_dropped() {
        let streams = Streams::new();
        let mut slow = streams.open(1);
        for _ in 0..=QUEUE {
            streams.send(1, &Bytes::from_static(b"x"));
        }
        assert!(streams.keys().is_empty());
        for _ in 0..QUEUE {
            assert!(next(&mut slow).unwrap().is_some());
        }
        assert_eq!(next(&mut slow), Some(None));
    }

    #[test]
    fn each_stream_is_pinged_once_in_25_beats_however_many_there_are() {
        for count in [3, 1_000, 2_500] {
            let streams = Streams::new();
            let mut open: Vec<_> = (0..count).map(|key| streams.open(key)).collect();
            let pinged: Vec<_> = (100..125).map(|beat| streams.ping(beat, |key| *key).len()).collect();
            assert_eq!(pinged.iter().sum::<usize>(), count as usize);
            assert!(pinged.iter().all(|pinged| *pinged <= 400), "{pinged:?}");
            for stream in &mut open {
                assert_eq!(next(stream), Some(Some(PING)));
                assert_eq!(next(stream), None);
            }
        }
    }

    #[test]
    fn a_stream_that_ends_is_forgotten() {
        let streams = Streams::new();
        let (first, second) = (streams.open(1), streams.open(1));
        drop(first);
        assert!(streams.has(1));
        drop(second);
        assert!(!streams.has(1));
    }

    #[test]
    fn after_the_end_no_stream_stays_open() {
        let streams = Streams::new();
        let mut before = streams.open(1);
        streams.close_all();
        assert_eq!(next(&mut before), Some(None));
        assert_eq!(next(&mut streams.open(1)), Some(None));
    }
}
