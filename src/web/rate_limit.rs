//! Limits how fast a client may send requests. Each process counts alone: with several behind a balancer,
//! each allows the full rate.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Number of clients above which idle ones are removed from the map.
const MAX_CLIENTS: usize = 10_000;

/// Allows a number of requests at once, then one per pause. Each request needs one look-up in a map.
pub struct RateLimit<K> {
    pause: Duration,
    /// How far a client may be ahead of the steady rate.
    burst: Duration,
    /// When each client's requests will have been made up for at the steady rate.
    repaid_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> RateLimit<K> {
    pub fn new(at_once: u32, per_second: u32) -> Self {
        let pause = Duration::from_secs(1) / per_second;
        Self { pause, burst: pause * at_once, repaid_at: Mutex::default() }
    }

    /// Counts a request. If the client is too fast, returns how long to wait and does not count it.
    pub fn admit(&self, who: K, now: Instant) -> Result<(), Duration> {
        let mut all = self.repaid_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_CLIENTS {
            all.retain(|_, repaid_at| *repaid_at > now);
        }
        let repaid_at = all.entry(who).or_insert(now);
        let next = (*repaid_at).max(now) + self.pause;
        match next.checked_duration_since(now + self.burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *repaid_at = next;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_a_steady_pace() {
        let (limit, start) = (RateLimit::new(10, 5), Instant::now());
        let allowed = |who: i32, at: Instant| (0..100).filter(|_| limit.admit(who, at).is_ok()).count();
        assert_eq!(allowed(1, start), 10);
        assert_eq!(allowed(2, start), 10);
        assert_eq!(allowed(1, start + Duration::from_secs(1)), 5);
        assert_eq!(limit.admit(1, start + Duration::from_secs(1)), Err(Duration::from_millis(200)));
        assert_eq!(allowed(1, start + Duration::from_secs(60)), 10);
    }

    #[test]
    fn idle_clients_are_forgotten() {
        let (limit, start) = (RateLimit::new(10, 5), Instant::now());
        for who in 0..MAX_CLIENTS {
            limit.admit(who, start).unwrap();
        }
        limit.admit(usize::MAX, start + Duration::from_secs(60)).unwrap();
        assert_eq!(limit.repaid_at.lock().unwrap().len(), 1);
    }
}
