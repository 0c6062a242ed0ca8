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
use super::tick::Outcome;

/// Maximum wait: an idle dispatcher reads the table twice a minute.
pub const SLOW_POLL: Duration = Duration::from_secs(30);

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

/// How long before the next due time the dispatcher wakes, so that its decision is ready in time. More than
/// the decision takes; less than [`AHEAD`], by the margin that the runtime's timer may be late.
const EARLY: Duration = Duration::from_millis(5);
const _: () = assert!(EARLY.as_millis() < AHEAD.as_millis());

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
    pub fn after(&mut self, outcome: &Outcome) -> Duration {
        let next = [outcome.next_due, outcome.retry_in].into_iter().flatten().min();
        let next = next.unwrap_or(SLOW_POLL).min(SLOW_POLL);
        let next = if next < SLOW_POLL { next.checked_sub(EARLY).unwrap_or(next) } else { next };
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
        assert_eq!(pauses.after(&Outcome::default()), SLOW_POLL);
        let soon = Duration::from_millis(1500);
        assert_eq!(pauses.after(&Outcome { next_due: Some(soon), ..Outcome::default() }), soon - EARLY);
        let held = Duration::from_millis(3);
        assert_eq!(pauses.after(&Outcome { next_due: Some(held), ..Outcome::default() }), held);
        let far = Some(Duration::MAX);
        assert_eq!(pauses.after(&Outcome { next_due: far, ..Outcome::default() }), SLOW_POLL);
    }

    #[test]
    fn what_somebody_holds_is_tried_again_less_and_less_often() {
        let held = Outcome { held: vec![ScheduleId(1)], ..Outcome::default() };
        let mut pauses = Pauses::default();
        let millis: Vec<_> = (0..8).map(|_| pauses.after(&held).as_millis()).collect();
        assert_eq!(millis, [20, 40, 80, 160, 320, 640, 640, 640]);
        assert_eq!(pauses.after(&Outcome { completed: 1, ..held }), FIRST_PAUSE);
    }

    #[test]
    fn a_held_row_is_no_reason_to_be_late_for_the_next() {
        let held = Outcome {
            held: vec![ScheduleId(1)],
            next_due: Some(Duration::from_millis(12)),
            ..Outcome::default()
        };
        assert_eq!(Pauses::default().after(&held), Duration::from_millis(12) - EARLY);
    }

    #[test]
    fn a_refused_row_is_tried_again_when_its_time_has_come() {
        let refused = Outcome {
            refused: vec![ScheduleId(1)],
            next_due: Some(Duration::from_secs(20)),
            retry_in: Some(Duration::from_secs(4)),
            ..Outcome::default()
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
