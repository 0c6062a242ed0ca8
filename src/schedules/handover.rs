//! Handing pending schedules over: to another attendant or department, when theirs leaves.
//!
//! They keep their times, so that at the new place they may be too near to others. Then none of them
//! goes: whoever hands them over sees which and chooses anew.

use diesel::pg::PgConnection;

use super::queries;
use super::spacing::{Scope, Spacing};
use crate::auth::Viewer;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::live::{self, Event};

pub use super::queries::Clash;

/// Which pending schedules go where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Those of an attendant in a department, to another attendant of it.
    Attendant { of: UserId, department: DepartmentId, to: UserId },
    /// Those of a department, to another. Their attendants stay.
    Department { of: DepartmentId, to: DepartmentId },
}

impl Handover {
    /// Among which schedules they will have to keep their distance, where that changes.
    fn new_key(self, spacing: Spacing) -> Option<i64> {
        match (self, spacing.scope) {
            (Self::Attendant { to, department, .. }, Scope::Attendant) => {
                spacing.key_so_far(Some(department), Some(to), None)
            }
            // By attendant, those without one count by their queue.
            (Self::Department { to, .. }, Scope::Department | Scope::Attendant) => {
                spacing.key_so_far(Some(to), None, None)
            }
            _ => None,
        }
    }
}

/// Hands them over, in the caller's transaction; or changes nothing, and tells what is in the way.
pub fn hand_over(
    conn: &mut PgConnection,
    handovers: &[Handover],
    by: &Viewer,
    ip: &str,
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
        moved.extend(queries::hand_over(conn, *handover, spacing.scope, by.id, ip)?);
    }
    live::announce(conn, &Event::SchedulesChanged(moved.clone()))?;
    Ok(Ok(moved))
}
