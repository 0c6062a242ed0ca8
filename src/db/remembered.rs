//! A cache of values read from the database. It is valid while nothing changes. A process learns of changes
//! through its listening connection and from its own transactions. While the listening connection is down,
//! nothing is cached.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Result;

/// Maximum age of a cached value: a dead listening connection can go unnoticed for a while.
const BELIEVED: Duration = Duration::from_secs(2);

/// Maximum number of values. When it is reached, all are dropped.
const MOST: usize = 500;

/// Counts the changes that this process knows of; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    count: AtomicU64,
    is_heard: AtomicBool,
}

impl Changes {
    /// Records that something changed.
    pub fn note(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    /// The listening connection works: values can be cached from now on.
    pub fn hear(&self) {
        self.note();
        self.0.is_heard.store(true, Ordering::SeqCst);
    }

    /// The listening connection is down: nothing can be cached.
    pub fn hear_nothing(&self) {
        self.0.is_heard.store(false, Ordering::SeqCst);
    }

    fn count(&self) -> Option<u64> {
        self.0.is_heard.load(Ordering::SeqCst).then(|| self.0.count.load(Ordering::SeqCst))
    }
}

/// Cached values by key.
pub struct Remembered<K, V> {
    changes: Changes,
    values: Mutex<HashMap<K, Value<V>>>,
}

struct Value<V> {
    /// Number of changes known before the value was read.
    changes: u64,
    at: Instant,
    value: V,
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    pub fn new(changes: Changes) -> Self {
        Self { changes, values: Mutex::default() }
    }

    /// The value for `key`. Calls `read` only if something may have changed since the value was cached.
    pub fn get(&self, key: K, read: impl FnOnce() -> Result<V>) -> Result<V> {
        let Some(changes) = self.changes.count() else { return read() };
        let is_current = |known: &&Value<V>| known.changes == changes && known.at.elapsed() < BELIEVED;
        let known = self.values().get(&key).filter(is_current).map(|known| known.value.clone());
        if let Some(value) = known {
            return Ok(value);
        }
        let at = Instant::now();
        let value = read()?;
        let mut values = self.values();
        if values.len() >= MOST {
            values.clear();
        }
        values.insert(key, Value { changes, at, value: value.clone() });
        Ok(value)
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn values(&self) -> std::sync::MutexGuard<'_, HashMap<K, Value<V>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for 7 while the table contains `truth`, and returns the answer.
    fn ask(remembered: &Remembered<i32, &'static str>, truth: &'static str) -> &'static str {
        remembered.get(7, || Ok(truth)).unwrap()
    }

    #[test]
    fn a_value_is_read_again_only_after_a_change() {
        let changes = Changes::default();
        let remembered = Remembered::new(changes.clone());
        changes.hear();
        assert_eq!(ask(&remembered, "a"), "a");
        assert_eq!(ask(&remembered, "b"), "a");
        changes.note();
        assert_eq!(ask(&remembered, "b"), "b");
    }

    #[test]
    fn who_hears_of_no_change_reads_each_time() {
        let changes = Changes::default();
        let remembered = Remembered::new(changes.clone());
        assert_eq!(ask(&remembered, "a"), "a");
        assert_eq!(ask(&remembered, "b"), "b");
        changes.hear();
        assert_eq!(ask(&remembered, "b"), "b");
        changes.hear_nothing();
        assert_eq!(ask(&remembered, "c"), "c");
        changes.hear();
        assert_eq!(ask(&remembered, "d"), "d");
    }

    #[test]
    fn what_changes_while_it_is_read_is_read_again() {
        let changes = Changes::default();
        let remembered = Remembered::new(changes.clone());
        changes.hear();
        let read = || {
            changes.note();
            Ok("before")
        };
        assert_eq!(remembered.get(7, read).unwrap(), "before");
        assert_eq!(ask(&remembered, "after"), "after");
    }
}
