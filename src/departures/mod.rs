//! Handing over the work of an attendant or department that is deactivated, or of an attendant who leaves a
//! department.
//!
//! Before it is done, the user sees the pending schedules and open tickets that it affects, with names and
//! links if they may see them. In the same step an attendant's work may go to others of the department.
//! Otherwise the open tickets go back to the queue. The attendant's unread notifications go to those who take
//! over, or else to all others of the department. `departments` handles the work of a whole department.

mod leaving;
mod queries;
mod views;

pub use leaving::{Heirs, Leave, Left, Refused, hand_over, heirs, lock_named};
pub use queries::{Candidate, Held, InHand, Leaver, candidates, held, in_hand, lock_users};
pub use views::{Leaving, Place, Shown, counted};
