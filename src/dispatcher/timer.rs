//! The wait between two ticks: until shortly before the next due time, or until another part of the process
//! wakes the dispatcher.
//!
//! What can go wrong: a wake-up is lost because its connection or process ended. So no wait is longer than
//! [`SLOW_POLL`]. A due schedule that another transaction has locked is tried again after a short pause. The
//! pause grows for as long as the schedule stays locked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::queries::AHEAD;
use super::tick::TickOutcome;

/// Maximum wait: an idle dispatcher reads the table twice a minute.
pub const SLOW_POLL: Duration = Duration::from_secs(30);

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

/// How long before the next due time the dispatcher wakes, so that its decision is ready in time. More than
/// the decision takes; less than [`AHEAD`], by the margin that the runtime's timer may be late.
const WAKE_AHEAD: Duration = Duration::from_millis(5);
const _: () = assert!(WAKE_AHEAD.as_millis() < AHEAD.as_millis());

/// Wakes the dispatcher of this process. A call during a tick is not lost: another tick follows.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Returns at `until`, or as soon as [`wake`](Self::wake) is called.
    pub(super) async fn wait(&self, until: Instant) {
        tokio::select! {
            () = self.0.notified() => {}
            () = actix_web::rt::time::sleep_until(until.into()) => {}
        }
    }
}

/// How long to wait after each tick.
#[derive(Debug, Default)]
pub struct Pauses {
    last: Duration,
}

impl Pauses {
    pub fn after(&mut self, outcome: &TickOutcome) -> Duration {
        let next = [outcome.next_due, outcome.retry_in].into_iter().flatten().min();
        let next = next.unwrap_or(SLOW_POLL).min(SLOW_POLL);
        let next = if next < SLOW_POLL { next.checked_sub(WAKE_AHEAD).unwrap_or(next) } else { next };
        if outcome.held.is_empty() {
            self.last = Duration::ZERO;
            return next;
        }
        let progress = outcome.completed + outcome.failed > 0;
        self.last = if progress { FIRST_PAUSE } else { (self.last * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE) };
        // A held schedule must not delay the next one.
        next.min(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ScheduleId;

    #[test]
    fn without_anything_due_it_waits_for_the_next_or_polls() {
        let mut pauses = Pauses::default();
        assert_eq!(pauses.after(&TickOutcome::default()), SLOW_POLL);
        let soon = Duration::from_millis(1500);
        assert_eq!(
            pauses.after(&TickOutcome { next_due: Some(soon), ..TickOutcome::default() }),
            soon - WAKE_AHEAD
        );
        let held = Duration::from_millis(3);
        assert_eq!(pauses.after(&TickOutcome { next_due: Some(held), ..TickOutcome::default() }), held);
        let far = Some(Duration::MAX);
        assert_eq!(pauses.after(&TickOutcome { next_due: far, ..TickOutcome::default() }), SLOW_POLL);
    }

    #[test]
    fn a_held_schedule_is_tried_again_less_and_less_often() {
        let held = TickOutcome { held: vec![ScheduleId(1)], ..TickOutcome::default() };
        let mut pauses = Pauses::default();
        let millis: Vec<_> = (0..8).map(|_| pauses.after(&held).as_millis()).collect();
        assert_eq!(millis, [20, 40, 80, 160, 320, 640, 640, 640]);
        assert_eq!(pauses.after(&TickOutcome { completed: 1, ..held }), FIRST_PAUSE);
    }

    #[test]
    fn a_held_schedule_does_not_delay_the_next() {
        let held = TickOutcome {
            held: vec![ScheduleId(1)],
            next_due: Some(Duration::from_millis(12)),
            ..TickOutcome::default()
        };
        assert_eq!(Pauses::default().after(&held), Duration::from_millis(12) - WAKE_AHEAD);
    }

    #[test]
    fn a_refused_schedule_is_tried_again_after_its_pause() {
        let refused = TickOutcome {
            refused: vec![ScheduleId(1)],
            next_due: Some(Duration::from_secs(20)),
            retry_in: Some(Duration::from_secs(4)),
            ..TickOutcome::default()
        };
        let wait = Pauses::default().after(&refused);
        assert!(wait <= Duration::from_secs(4) && wait > Duration::from_secs(3), "{wait:?}");
    }

    #[actix_web::test]
    async fn a_wake_up_before_the_wait_is_not_lost() {
        let waker = Waker::default();
        waker.wake();
        waker.wait(Instant::now() + Duration::from_secs(3600)).await;
    }
}
