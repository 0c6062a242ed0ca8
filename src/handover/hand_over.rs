//! Hands over an attendant's work when they leave departments or their account is deactivated.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;

use super::HandoverAnswer;
use super::queries;
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::schedules::handover::{self, Clash, Handover};
use crate::tickets;

/// Who takes over the work in each department. Work in departments that are missing here stays.
pub type Successors = BTreeMap<DepartmentId, UserId>;

/// A request to remove an attendant from departments.
#[derive(Clone, Debug)]
pub struct LeaveRequest {
    pub user: UserId,
    pub departments: Vec<DepartmentId>,
    pub successors: Successors,
    /// Whether the user was shown what it affects.
    pub is_confirmed: bool,
}

/// Why the work was not handed over.
pub enum HandoverRefusal {
    /// The chosen user is no active attendant of that department.
    NoAttendant,
    /// These schedules would be too close to others of the chosen user.
    TooNear(Vec<Clash>),
}

/// Number of schedules and tickets that changed their attendant, or lost it.
pub struct HandedOver {
    pub schedules: usize,
    pub tickets: usize,
}

/// The result of a request to leave departments.
pub enum LeaveOutcome {
    Done,
    /// The user must see first what it affects, or see it again with the reason why it was refused.
    NeedsConfirmation(Option<HandoverRefusal>),
}

impl LeaveRequest {
    /// `answer` may name departments that the attendant does not leave.
    pub fn new(user: UserId, departments: Vec<DepartmentId>, answer: &HandoverAnswer) -> Self {
        let successors = answer.successors_in(&departments);
        Self { user, departments, successors, is_confirmed: answer.is_confirmed }
    }

    /// Hands over the attendant's work in those departments, if there is any. The caller then removes the
    /// attendant.
    pub fn carry_out(&self, conn: &mut PgConnection, by: &Account) -> Result<LeaveOutcome> {
        // Locks before counting, and so waits for a schedule that is firing at this moment.
        lock_with_successors(conn, &self.successors, self.user)?;
        if queries::work_by_department(conn, self.user, Some(&self.departments))?.is_empty() {
            pass_on_notifications(conn, self.user, Some(&self.departments), &self.successors)?;
            return Ok(LeaveOutcome::Done);
        }
        if !self.is_confirmed {
            return Ok(LeaveOutcome::NeedsConfirmation(None));
        }
        Ok(match hand_over(conn, self.user, Some(&self.departments), &self.successors, by)? {
            Ok(_) => LeaveOutcome::Done,
            Err(refusal) => LeaveOutcome::NeedsConfirmation(Some(refusal)),
        })
    }
}

/// Locks the attendant and the users who take over. Call it first if the departments that the attendant leaves
/// are read only after the lock.
pub fn lock_with_successors(conn: &mut PgConnection, successors: &Successors, user: UserId) -> Result<()> {
    queries::lock_users(conn, &successors.values().copied().chain([user]).collect::<Vec<_>>())
}

/// Hands over an attendant's schedules and tickets, in all departments or in some, together with their unread
/// notifications. Without anybody chosen to take over, tickets go back to the queue and schedules stay
/// theirs. Changes nothing if it is refused.
pub fn hand_over(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
    successors: &Successors,
    by: &Account,
) -> Result<Result<HandedOver, HandoverRefusal>> {
    lock_with_successors(conn, successors, user)?;
    let mut handovers = Vec::new();
    for (department, successor) in successors {
        if *successor == user || !queries::attends(conn, *successor, *department)? {
            return Ok(Err(HandoverRefusal::NoAttendant));
        }
        handovers.push(Handover::Attendant { of: user, department: *department, to: *successor });
    }
    let schedules = match handover::hand_over(conn, &handovers, by)? {
        Ok(moved) => moved.len(),
        Err(clashes) => return Ok(Err(HandoverRefusal::TooNear(clashes))),
    };
    let mut tickets = 0;
    for work in queries::work_by_department(conn, user, within)? {
        let department = work.department_id;
        let handover =
            tickets::Handover::Attendant { of: user, department, to: successors.get(&department).copied() };
        tickets += tickets::hand_over(conn, handover, by)?;
    }
    pass_on_notifications(conn, user, within, successors)?;
    Ok(Ok(HandedOver { schedules, tickets }))
}

fn pass_on_notifications(
    conn: &mut PgConnection,
    user: UserId,
    within: Option<&[DepartmentId]>,
    successors: &Successors,
) -> Result<()> {
    queries::lock_contacts_of_unread(conn, user)?;
    match queries::pass_on_notifications(conn, user, within, successors)? {
        Some((first, last)) => live::announce(conn, &Event::Notified(first, last)),
        None => Ok(()),
    }
}
