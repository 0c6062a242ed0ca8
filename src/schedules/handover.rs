//! Hands pending schedules over to another attendant or department, when theirs is deactivated.
//!
//! They keep their times, so they may be too close to schedules at the new place. Then none of them is moved:
//! the user sees which ones are in conflict and chooses again.

use diesel::pg::PgConnection;

use super::queries;
use super::spacing::{Scope, Spacing};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::live::{self, Event};

pub use super::queries::Clash;

/// Which pending schedules are moved, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Those of an attendant in a department, to another attendant of that department.
    Attendant { of: UserId, department: DepartmentId, to: UserId },
    /// Those of a department, to another department. They keep their attendants.
    Department { of: DepartmentId, to: DepartmentId },
}

impl Handover {
    /// The spacing key of the new place, if the handover changes the key.
    fn new_key(self, spacing: Spacing) -> Option<i64> {
        match (self, spacing.scope) {
            (Self::Attendant { to, department, .. }, Scope::Attendant) => {
                spacing.key_so_far(Some(department), Some(to), None)
            }
            // If the spacing counts by attendant, schedules without one count by their department's queue.
            (Self::Department { to, .. }, Scope::Department | Scope::Attendant) => {
                spacing.key_so_far(Some(to), None, None)
            }
            _ => None,
        }
    }
}

/// Hands the schedules over in the caller's transaction and returns them. If there are conflicts, changes
/// nothing and returns those.
pub fn hand_over(
    conn: &mut PgConnection,
    handovers: &[Handover],
    by: &Account,
) -> Result<Result<Vec<ScheduleId>, Vec<Clash>>> {
    let spacing = queries::spacing(conn)?;
    queries::lock_keys(conn, handovers.iter().filter_map(|one| one.new_key(spacing)))?;
    let mut clashes = Vec::new();
    for handover in handovers {
        queries::lock_handed_over(conn, *handover)?;
        clashes.extend(queries::clashes(conn, *handover, spacing)?);
    }
    if !clashes.is_empty() {
        return Ok(Err(clashes));
    }
    let mut moved = Vec::new();
    for handover in handovers {
        moved.extend(queries::hand_over(conn, *handover, spacing.scope, by)?);
    }
    live::announce(conn, &Event::SchedulesChanged(moved.clone()))?;
    Ok(Ok(moved))
}
