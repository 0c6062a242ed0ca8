//! Handing over the work of an attendant or department that is deactivated, or of an attendant who leaves a
//! department.
//!
//! Before it is done, the user sees the pending schedules and open tickets that it affects, with names and
//! links if they may see them. In the same step an attendant's work may go to others of the department.
//! Otherwise the open tickets go back to the queue. The attendant's unread notifications go to those who take
//! over, or else to all others of the department. `departments` handles the work of a whole department.

mod form;
mod hand_over;
mod queries;
mod views;

pub use form::HandoverAnswer;
pub use hand_over::{
    HandoverRefusal, LeaveOutcome, LeaveRequest, Successors, hand_over, lock_with_successors,
};
pub use queries::{
    Candidate, DepartmentWork, OpenWork, WorkOwner, candidates, open_work, work_by_department,
};
pub use views::{DepartmentSuccessors, Leaving, WorkItem, counted};
