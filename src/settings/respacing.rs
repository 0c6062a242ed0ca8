//! Applies a new spacing to the pending schedules.
//!
//! No schedule moves. The walk goes through them by due time, then by id. A schedule that is far enough from
//! the last fitting one fits. Otherwise it becomes exempt from the spacing, and is listed. So of two that are
//! too close, the earlier one stays under the rule, and as many as possible stay under it. An exempt schedule
//! that fits again comes back under the rule.

use chrono::{DateTime, Duration, Utc};

use crate::schedules::Spacing;

/// A pending schedule, as input to the walk.
#[derive(Clone, Copy, Debug)]
pub struct PendingSchedule {
    pub id: i64,
    pub key: i64,
    pub due_at: DateTime<Utc>,
    /// Whether it was exempt before the change.
    pub is_exempt: bool,
}

/// What a new spacing changes in the pending schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Respacing {
    /// Number of schedules that do not fit.
    pub unspaced: usize,
    /// Ids of those that fitted before.
    pub newly_exempt: Vec<i64>,
    /// Ids of those that fit now but did not before.
    pub no_longer_exempt: Vec<i64>,
}

/// Decides schedule by schedule. They must come ordered by key, due time and id.
pub struct Walk {
    gap: Duration,
    last: Option<(i64, DateTime<Utc>)>,
    result: Respacing,
}

impl Walk {
    pub fn new(spacing: Spacing) -> Self {
        Self { gap: spacing.gap(), last: None, result: Respacing::default() }
    }

    pub fn add(&mut self, schedule: PendingSchedule) {
        let fits = match self.last {
            Some((key, due_at)) if key == schedule.key => schedule.due_at - due_at >= self.gap,
            _ => true,
        };
        if fits {
            self.last = Some((schedule.key, schedule.due_at));
        }
        self.result.unspaced += usize::from(!fits);
        match (fits, schedule.is_exempt) {
            (false, false) => self.result.newly_exempt.push(schedule.id),
            (true, true) => self.result.no_longer_exempt.push(schedule.id),
            _ => {}
        }
    }

    pub fn end(self) -> Respacing {
        self.result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedules::Scope;

    fn walk(minutes: i32, dues: &[(i64, i64)]) -> Vec<i64> {
        let mut walk = Walk::new(Spacing { minutes, scope: Scope::Platform });
        for (id, (key, due)) in dues.iter().enumerate() {
            let due_at = DateTime::UNIX_EPOCH + Duration::minutes(*due);
            walk.add(PendingSchedule { id: id as i64, key: *key, due_at, is_exempt: false });
        }
        walk.end().newly_exempt
    }

    #[test]
    fn the_earlier_of_two_that_are_too_close_stays() {
        assert_eq!(walk(6, &[(0, 0), (0, 3), (0, 4), (0, 8)]), [1]);
        assert_eq!(walk(6, &[(0, 0), (0, 0), (1, 0)]), [1]);
        assert!(walk(0, &[(0, 0), (0, 0)]).is_empty());
    }
}
