//! Hands over open tickets.

use diesel::pg::PgConnection;

use super::queries;
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};

/// Which open tickets are handed over, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Those of an attendant in a department, to another attendant or back to the queue.
    Attendant { of: UserId, department: DepartmentId, to: Option<UserId> },
    /// Those of a department, to another department. They keep their attendants.
    Department { of: DepartmentId, to: DepartmentId },
}

impl Handover {
    /// The department whose tickets are handed over.
    pub(super) fn department(self) -> DepartmentId {
        match self {
            Self::Attendant { department, .. } => department,
            Self::Department { of, .. } => of,
        }
    }

    /// The attendant whose tickets are handed over; `None` if those of all attendants are.
    pub(super) fn attendant(self) -> Option<UserId> {
        match self {
            Self::Attendant { of, .. } => Some(of),
            Self::Department { .. } => None,
        }
    }

    /// The department that gets the tickets, and the attendant, if one was chosen.
    pub(super) fn successor(self) -> (DepartmentId, Option<UserId>) {
        match self {
            Self::Attendant { department, to, .. } => (department, to),
            Self::Department { to, .. } => (to, None),
        }
    }
}

/// Hands over open tickets, within the caller's transaction, with audit and announcement. Returns their number.
pub fn hand_over(conn: &mut PgConnection, handover: Handover, by: &Account) -> Result<usize> {
    let locked = queries::lock_handed_over(conn, handover)?;
    let moved = queries::hand_over(conn, handover, &locked, by)?;
    let count = moved.len();
    live::announce(conn, &Event::ConversationsChanged(moved))?;
    Ok(count)
}
