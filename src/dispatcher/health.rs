//! The dispatcher's health, for `/readyz`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::refusals::Alarm;
use super::timer::SLOW_POLL;

/// Maximum time between two beats of a healthy dispatcher: one slow poll and one slowest statement.
const MAX_BEAT_AGE: Duration = SLOW_POLL.saturating_add(Duration::from_secs(20));

/// Shared by the dispatcher, which writes it, and `/readyz`, which reads it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last_beat: Option<Instant>,
    trouble: Option<&'static str>,
    alarm: Option<Alarm>,
}

impl Health {
    /// Records that the dispatcher is working.
    pub fn beat(&self) {
        let mut state = self.state();
        (state.last_beat, state.trouble) = (Some(Instant::now()), None);
    }

    /// Records that the dispatcher cannot work now.
    pub fn set_trouble(&self, trouble: &'static str) {
        self.state().trouble = Some(trouble);
    }

    /// Records what the last tick reported about schedules that the database refuses.
    pub fn report(&self, alarm: Option<Alarm>) {
        self.state().alarm = alarm;
    }

    /// Why the dispatcher cannot do its work, in a few words; `None` if it can.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        let is_fresh = state.last_beat.is_some_and(|beat| beat.elapsed() < MAX_BEAT_AGE);
        let trouble = state.trouble.or((!is_fresh).then_some("no sign of life")).map(str::to_owned);
        trouble.or_else(|| match &state.alarm {
            Some(Alarm::Trouble(text)) => Some(text.clone()),
            _ => None,
        })
    }

    /// A problem that somebody should look at, although the dispatcher can do its work.
    pub fn warning(&self) -> Option<String> {
        match &self.state().alarm {
            Some(Alarm::Warning(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_healthy_from_the_first_beat_until_trouble() {
        let health = Health::default();
        assert_eq!(health.trouble().as_deref(), Some("no sign of life"));
        health.beat();
        assert_eq!(health.trouble(), None);
        health.set_trouble("lost");
        assert_eq!(health.trouble().as_deref(), Some("lost"));
        health.beat();
        assert_eq!(health.trouble(), None);
    }

    #[test]
    fn an_alarm_lasts_until_a_tick_ends_without_one() {
        let health = Health::default();
        health.beat();
        health.report(Some(Alarm::Trouble("refused".into())));
        health.beat();
        assert_eq!(health.trouble().as_deref(), Some("refused"));
        health.report(Some(Alarm::Warning("one is refused".into())));
        assert_eq!((health.trouble(), health.warning().as_deref()), (None, Some("one is refused")));
        health.report(None);
        assert_eq!((health.trouble(), health.warning()), (None, None));
    }
}
