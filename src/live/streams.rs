//! The open streams of this process.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::message::PING;
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use uuid::Uuid;

use crate::connections::Connection;

/// Maximum queued events per stream. A client that exceeds it does not read and is disconnected. Events are
/// shared between streams, so a full queue is cheap.
const QUEUE: usize = 64;

/// Number of beats, one second apart, between the pings of a stream.
const PING_EVERY: u64 = 25;

/// Counts all streams of the process, up to a maximum.
#[derive(Debug)]
pub struct StreamLimit {
    taken: AtomicUsize,
    maximum: AtomicUsize,
}

impl StreamLimit {
    pub fn new() -> Self {
        Self { taken: AtomicUsize::new(0), maximum: AtomicUsize::new(usize::MAX) }
    }

    pub fn set(&self, maximum: usize) {
        self.maximum.store(maximum, Ordering::Relaxed);
    }

    fn take(self: &Arc<Self>) -> Option<StreamPlace> {
        let place = StreamPlace(self.clone());
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        (before < self.maximum.load(Ordering::Relaxed)).then_some(place)
    }
}

/// The place of one stream. Dropping it frees the place.
struct StreamPlace(Arc<StreamLimit>);

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Distinguishes the streams of one key.
pub type StreamId = u64;

/// Streams by their receiver: users or customers.
pub struct Streams<K> {
    open: Arc<Mutex<OpenStreams<K>>>,
    limit: Arc<StreamLimit>,
    /// Maximum streams per key.
    most: usize,
}

struct OpenStreams<K> {
    of: HashMap<K, Vec<OpenStream>>,
    next: StreamId,
    is_closed: bool,
}

struct OpenStream {
    id: StreamId,
    /// The session that opened the stream. The stream ends with it.
    session: Option<Uuid>,
    sender: Sender<Bytes>,
}

impl<K: Copy + Eq + Hash> Streams<K> {
    pub fn new(limit: Arc<StreamLimit>, most: usize) -> Self {
        let open = OpenStreams { of: HashMap::new(), next: 0, is_closed: false };
        Self { open: Arc::new(Mutex::new(open)), limit, most }
    }

    /// Opens a stream for `key`. `None` if the key or the process has the maximum. After `close_all`, the
    /// stream ends at once.
    pub fn open(&self, key: K, session: Option<Uuid>) -> Option<EventStream<K>> {
        let place = self.limit.take()?;
        let (sender, receiver) = channel(QUEUE);
        let mut open = lock(&self.open);
        if open.of.get(&key).is_some_and(|streams| streams.len() >= self.most) {
            return None;
        }
        let id = open.next;
        open.next += 1;
        if !open.is_closed {
            open.of.entry(key).or_default().push(OpenStream { id, session, sender });
        }
        Some(EventStream { receiver, open: self.open.clone(), key, id, connection: None, _place: place })
    }

    /// The sessions that opened the streams of `keys`.
    pub fn sessions(&self, keys: &[K]) -> Vec<Uuid> {
        let open = lock(&self.open);
        let of = |key| open.of.get(key).into_iter().flatten().filter_map(|one| one.session);
        keys.iter().flat_map(of).collect()
    }

    /// Closes the streams of `keys` whose session is not in `active_sessions`.
    pub fn keep_sessions(&self, keys: &[K], active_sessions: &HashSet<Uuid>) {
        let mut open = lock(&self.open);
        let lives = |one: &OpenStream| one.session.is_none_or(|session| active_sessions.contains(&session));
        keys.iter().for_each(|key| open.keep(*key, lives));
    }

    /// The keys that have a stream.
    pub fn keys(&self) -> Vec<K> {
        lock(&self.open).of.keys().copied().collect()
    }

    pub fn is_empty(&self) -> bool {
        lock(&self.open).of.is_empty()
    }

    /// Number of keys that have a stream.
    pub fn len(&self) -> usize {
        lock(&self.open).of.len()
    }

    pub fn has(&self, key: K) -> bool {
        lock(&self.open).of.contains_key(&key)
    }

    /// Queues `event` on every stream of `key`, and closes those whose queue is full.
    pub fn send(&self, key: K, event: &Bytes) {
        lock(&self.open).send(key, event);
    }

    /// Queues `event` on one stream of `key`.
    pub fn send_one(&self, key: K, id: StreamId, event: &Bytes) {
        lock(&self.open).keep(key, |one| one.id != id || one.sender.try_send(event.clone()).is_ok());
    }

    /// As [`Self::send`], for every stream of `keys`.
    pub fn send_to(&self, keys: &[K], event: &Bytes) {
        let mut open = lock(&self.open);
        keys.iter().for_each(|key| open.send(*key, event));
    }

    /// Pings the streams that are due at `beat` and returns their keys. If there are many streams, each beat
    /// pings only some of them, so that events do not wait for all pings. `number` decides on which beat a
    /// key is due.
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

    /// Closes the streams of `key`; queued events are still sent.
    pub fn close(&self, key: K) {
        lock(&self.open).of.remove(&key);
    }

    /// Closes all streams, and every stream that is opened later.
    pub fn close_all(&self) {
        let mut open = lock(&self.open);
        open.is_closed = true;
        open.of.clear();
    }
}

impl<K: Copy + Eq + Hash> OpenStreams<K> {
    fn send(&mut self, key: K, event: &Bytes) {
        self.keep(key, |one| one.sender.try_send(event.clone()).is_ok());
    }

    fn keep(&mut self, key: K, stays: impl Fn(&OpenStream) -> bool) {
        let Some(streams) = self.of.get_mut(&key) else { return };
        streams.retain(stays);
        if streams.is_empty() {
            self.of.remove(&key);
        }
    }
}

/// The body of a response: sends queued events until the hub or the client ends it.
pub struct EventStream<K: Copy + Eq + Hash> {
    receiver: Receiver<Bytes>,
    open: Arc<Mutex<OpenStreams<K>>>,
    key: K,
    id: StreamId,
    connection: Option<Arc<Connection>>,
    _place: StreamPlace,
}

impl<K: Copy + Eq + Hash> EventStream<K> {
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Ends the stream when the client closes `connection`.
    pub fn until_closed(mut self, connection: Option<Arc<Connection>>) -> Self {
        self.connection = connection;
        self
    }
}

impl<K: Copy + Eq + Hash + Unpin> Stream for EventStream<K> {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // This task has just read from the connection and is woken when more arrives, so the flag is current.
        if self.connection.as_ref().is_some_and(|connection| connection.is_gone()) {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|event| event.map(Ok))
    }
}

impl<K: Copy + Eq + Hash> Drop for EventStream<K> {
    fn drop(&mut self) {
        lock(&self.open).keep(self.key, |one| one.id != self.id);
    }
}

/// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
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

    fn streams(most: usize) -> Streams<i64> {
        Streams::new(Arc::new(StreamLimit::new()), most)
    }

    #[test]
    fn an_event_reaches_every_stream_of_its_key_and_no_other() {
        let streams = streams(100);
        let (mut first, mut second, mut other) =
            (streams.open(1, None).unwrap(), streams.open(1, None).unwrap(), streams.open(2, None).unwrap());
        let event = Bytes::from_static(b"x");
        streams.send(1, &event);
        assert_eq!(next(&mut first), Some(Some(event.clone())));
        assert_eq!(next(&mut second), Some(Some(event)));
        assert_eq!(next(&mut other), None);
    }

    #[test]
    fn a_client_that_never_reads_is_dropped() {
        let streams = streams(100);
        let mut slow = streams.open(1, None).unwrap();
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
            let streams = streams(100);
            let mut open: Vec<_> = (0..count).map(|key| streams.open(key, None).unwrap()).collect();
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
        let streams = streams(100);
        let (first, second) = (streams.open(1, None).unwrap(), streams.open(1, None).unwrap());
        drop(first);
        assert!(streams.has(1));
        drop(second);
        assert!(!streams.has(1));
    }

    #[test]
    fn after_the_end_no_stream_stays_open() {
        let streams = streams(100);
        let mut before = streams.open(1, None).unwrap();
        streams.close_all();
        assert_eq!(next(&mut before), Some(None));
        assert_eq!(next(&mut streams.open(1, None).unwrap()), Some(None));
    }

    #[test]
    fn streams_are_limited_per_key_and_per_process() {
        let limit = Arc::new(StreamLimit::new());
        let (users, customers) = (Streams::new(limit.clone(), 2), Streams::new(limit.clone(), 2));
        let first = users.open(1, None);
        let _second = users.open(1, None).unwrap();
        assert!(users.open(1, None).is_none());
        limit.set(3);
        let _third = customers.open(1, None).unwrap();
        assert!(customers.open(2, None).is_none());
        drop(first);
        assert!(users.open(1, None).is_some());
    }

    #[test]
    fn the_first_event_goes_only_to_the_new_stream() {
        let streams = streams(100);
        let (mut old, mut new) = (streams.open(1, None).unwrap(), streams.open(1, None).unwrap());
        let event = Bytes::from_static(b"x");
        streams.send_one(1, new.id(), &event);
        assert_eq!((next(&mut old), next(&mut new)), (None, Some(Some(event))));
    }

    #[test]
    fn a_stream_ends_with_its_own_session() {
        let streams = streams(100);
        let (ended, lives) = (Uuid::new_v4(), Uuid::new_v4());
        let mut one = streams.open(1, Some(ended)).unwrap();
        let mut other = streams.open(1, Some(lives)).unwrap();
        assert_eq!(streams.sessions(&[1, 2]), [ended, lives]);
        streams.keep_sessions(&[1], &HashSet::from([lives]));
        assert_eq!((next(&mut one), next(&mut other)), (Some(None), None));
    }
}
