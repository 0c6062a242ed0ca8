//! How fast somebody may ask. The counts are of this process alone: with several behind a balancer, each allows as
//! much.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Above this many, those who have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// So many requests at once, and then one after each pause. Cheap: one look into a map.
pub struct Pace<K> {
    pause: Duration,
    /// What may be asked ahead of the pace.
    ahead: Duration,
    /// When each will have made up for what they asked.
    even_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Pace<K> {
    pub fn new(at_once: u32, per_second: u32) -> Self {
        let pause = Duration::from_secs(1) / per_second;
        Self { pause, ahead: pause * at_once, even_at: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// Too fast: how long to wait. Such a request does not count.
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
