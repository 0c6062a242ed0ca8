//! What the dispatcher tells of itself, for `/readyz`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::timer::SLOW_POLL;

/// A dispatcher that is well beats at least once in a slow poll and one slowest statement.
const FRESH: Duration = SLOW_POLL.saturating_add(Duration::from_secs(20));

/// Shared by the dispatcher, which writes it, and the pages, which read it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last_beat: Option<Instant>,
    trouble: Option<&'static str>,
}

impl Health {
    /// The dispatcher is at work.
    pub fn beat(&self) {
        *self.state() = State { last_beat: Some(Instant::now()), trouble: None };
    }

    /// The dispatcher cannot work now.
    pub fn suffer(&self, trouble: &'static str) {
        self.state().trouble = Some(trouble);
    }

    /// What is wrong, in a few words.
    pub fn trouble(&self) -> Option<&'static str> {
        let state = self.state();
        let is_fresh = state.last_beat.is_some_and(|beat| beat.elapsed() < FRESH);
        state.trouble.or((!is_fresh).then_some("no sign of life"))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_from_its_first_beat_until_trouble_comes() {
        let health = Health::default();
        assert_eq!(health.trouble(), Some("no sign of life"));
        health.beat();
        assert_eq!(health.trouble(), None);
        health.suffer("lost");
        assert_eq!(health.trouble(), Some("lost"));
        health.beat();
        assert_eq!(health.trouble(), None);
    }
}
