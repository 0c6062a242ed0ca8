//! How far apart schedules must be.
//!
//! The help page says "an interval of 6 minutes (before or after)" and, as its example, that next to
//! 10:00 the nearest are 09:56 and 10:04. Both hold if a schedule blocks a window of 6 minutes centred
//! on it, ends included: 09:57 to 10:03 are refused. The width and the scope are settings.

use chrono::{DateTime, Duration, Utc};

use crate::ids::{ContactId, DepartmentId, ScheduleId, UserId};
use crate::text_enum;

text_enum! {
    /// Which schedules must keep the distance from each other.
    pub enum Scope {
        Platform = "platform",
        Department = "department",
        Attendant = "attendant",
        Contact = "contact",
    }
}

/// The company's setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    /// The window that a schedule blocks, in minutes; 0 turns the rule off.
    pub minutes: i32,
    pub scope: Scope,
}

impl Spacing {
    /// The smallest allowed distance between two schedules, in whole minutes: 4 for a window of 6.
    pub fn gap(self) -> Duration {
        match self.minutes {
            0 => Duration::zero(),
            width => Duration::minutes(i64::from(width / 2) + 1),
        }
    }

    /// The spacing key: pending schedules with the same key must keep the distance. Without an attendant, a
    /// schedule waits in its department's queue, which counts like an attendant. Must equal the database's
    /// function `spacing_key`.
    pub fn key(self, department: DepartmentId, attendant: Option<UserId>, contact: ContactId) -> i64 {
        match self.scope {
            Scope::Platform => 0,
            Scope::Department => of_kind(1, department.0),
            Scope::Attendant => {
                attendant.map_or(of_kind(3, department.0), |attendant| of_kind(2, attendant.0))
            }
            Scope::Contact => of_kind(4, contact.0),
        }
    }

    /// Like [`key`](Self::key), for an incomplete form. `None` while the fields that the scope needs are not
    /// chosen.
    pub fn key_so_far(
        self,
        department: Option<DepartmentId>,
        attendant: Option<UserId>,
        contact: Option<ContactId>,
    ) -> Option<i64> {
        match self.scope {
            Scope::Platform => Some(0),
            Scope::Department => department.map(|id| of_kind(1, id.0)),
            Scope::Attendant => {
                attendant.map(|id| of_kind(2, id.0)).or(department.map(|id| of_kind(3, id.0)))
            }
            Scope::Contact => contact.map(|id| of_kind(4, id.0)),
        }
    }
}

/// Keys of different scopes never collide: the first eight bits are the kind, the rest is the id.
fn of_kind(kind: i64, id: i64) -> i64 {
    (kind << 56) + id
}

/// The schedule that is too close to a wanted time, and the nearest free times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub with: ScheduleId,
    pub contact_name: String,
    pub due_at: DateTime<Utc>,
    pub before: Option<DateTime<Utc>>,
    pub after: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_six_minutes_keeps_schedules_four_minutes_apart() {
        for (minutes, gap) in [(0, 0), (1, 1), (2, 2), (5, 3), (6, 4), (7, 4), (60, 31)] {
            let spacing = Spacing { minutes, scope: Scope::Platform };
            assert_eq!(spacing.gap().num_minutes(), gap, "{minutes}");
        }
    }

    #[test]
    fn the_key_follows_the_scope() {
        let key =
            |scope, attendant| Spacing { minutes: 6, scope }.key(DepartmentId(5), attendant, ContactId(9));
        assert_eq!(key(Scope::Platform, None), 0);
        assert_eq!(key(Scope::Department, None), (1 << 56) + 5);
        assert_eq!(key(Scope::Attendant, Some(UserId(7))), (2 << 56) + 7);
        assert_eq!(key(Scope::Attendant, None), (3 << 56) + 5);
        assert_eq!(key(Scope::Contact, None), (4 << 56) + 9);
    }
}
