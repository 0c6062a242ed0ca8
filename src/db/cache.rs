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
const MAX_AGE: Duration = Duration::from_secs(2);

/// Maximum number of values. When it is reached, all are dropped.
const MAX_VALUES: usize = 500;

/// Counts the changes that this process knows of; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<ChangeCounter>);

#[derive(Debug, Default)]
struct ChangeCounter {
    count: AtomicU64,
    is_listening: AtomicBool,
}

impl Changes {
    /// Records that something changed.
    pub fn add(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    /// The listening connection works: values can be cached from now on.
    pub fn start_listening(&self) {
        self.add();
        self.0.is_listening.store(true, Ordering::SeqCst);
    }

    /// The listening connection is down: nothing can be cached.
    pub fn stop_listening(&self) {
        self.0.is_listening.store(false, Ordering::SeqCst);
    }

    fn count(&self) -> Option<u64> {
        self.0.is_listening.load(Ordering::SeqCst).then(|| self.0.count.load(Ordering::SeqCst))
    }
}

/// Cached values by key.
pub struct Cache<K, V> {
    changes: Changes,
    values: Mutex<HashMap<K, Value<V>>>,
}

struct Value<V> {
    /// Number of changes known before the value was read.
    changes: u64,
    at: Instant,
    value: V,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub fn new(changes: Changes) -> Self {
        Self { changes, values: Mutex::default() }
    }

    /// The value for `key`. Calls `read` only if something may have changed since the value was cached.
    pub fn get(&self, key: K, read: impl FnOnce() -> Result<V>) -> Result<V> {
        let Some(changes) = self.changes.count() else { return read() };
        let is_current = |known: &&Value<V>| known.changes == changes && known.at.elapsed() < MAX_AGE;
        let known = self.values().get(&key).filter(is_current).map(|known| known.value.clone());
        if let Some(value) = known {
            return Ok(value);
        }
        let at = Instant::now();
        let value = read()?;
        let mut values = self.values();
        if values.len() >= MAX_VALUES {
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
    fn ask(cache: &Cache<i32, &'static str>, truth: &'static str) -> &'static str {
        cache.get(7, || Ok(truth)).unwrap()
    }

    #[test]
    fn a_value_is_read_again_only_after_a_change() {
        let changes = Changes::default();
        let cache = Cache::new(changes.clone());
        changes.start_listening();
        assert_eq!(ask(&cache, "a"), "a");
        assert_eq!(ask(&cache, "b"), "a");
        changes.add();
        assert_eq!(ask(&cache, "b"), "b");
    }

    #[test]
    fn nothing_is_cached_while_not_listening() {
        let changes = Changes::default();
        let cache = Cache::new(changes.clone());
        assert_eq!(ask(&cache, "a"), "a");
        assert_eq!(ask(&cache, "b"), "b");
        changes.start_listening();
        assert_eq!(ask(&cache, "b"), "b");
        changes.stop_listening();
        assert_eq!(ask(&cache, "c"), "c");
        changes.start_listening();
        assert_eq!(ask(&cache, "d"), "d");
    }

    #[test]
    fn a_value_that_changes_while_it_is_read_is_read_again() {
        let changes = Changes::default();
        let cache = Cache::new(changes.clone());
        changes.start_listening();
        let read = || {
            changes.add();
            Ok("before")
        };
        assert_eq!(cache.get(7, read).unwrap(), "before");
        assert_eq!(ask(&cache, "after"), "after");
    }
}
