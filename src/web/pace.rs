//! Limits how fast a client may send requests. Each process counts alone: with several behind a balancer,
//! each allows the full rate.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Number of clients above which idle ones are removed from the map.
const REMEMBERED: usize = 10_000;

/// Allows a number of requests at once, then one per pause. Costs one look-up in a map.
pub struct Pace<K> {
    pause: Duration,
    /// How far a client may be ahead of the steady rate.
    ahead: Duration,
    /// When each client's requests will have been made up for at the steady rate.
    even_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Pace<K> {
    pub fn new(at_once: u32, per_second: u32) -> Self {
        let pause = Duration::from_secs(1) / per_second;
        Self { pause, ahead: pause * at_once, even_at: Mutex::default() }
    }

    /// Counts a request. If the client is too fast, returns how long to wait and does not count it.
    pub fn admit(&self, who: K, now: Instant) -> Result<(), Duration> {
        let mut all = self.even_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.retain(|_, even_at| *even_at > now);
        }
        let even_at = all.entry(who).or_insert(now);
        let next = (*even_at).max(now) + self.pause;
        match next.checked_duration_since(now + self.ahead) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *even_at = next;
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
        let (pace, start) = (Pace::new(10, 5), Instant::now());
        let allowed = |who: i32, at: Instant| (0..100).filter(|_| pace.admit(who, at).is_ok()).count();
        assert_eq!(allowed(1, start), 10);
        assert_eq!(allowed(2, start), 10);
        assert_eq!(allowed(1, start + Duration::from_secs(1)), 5);
        assert_eq!(pace.admit(1, start + Duration::from_secs(1)), Err(Duration::from_millis(200)));
        assert_eq!(allowed(1, start + Duration::from_secs(60)), 10);
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        let (pace, start) = (Pace::new(10, 5), Instant::now());
        for who in 0..REMEMBERED {
            pace.admit(who, start).unwrap();
        }
        pace.admit(usize::MAX, start + Duration::from_secs(60)).unwrap();
        assert_eq!(pace.even_at.lock().unwrap().len(), 1);
    }
}
