//! Departures: what an attendant or a department has in hand when it is to be deactivated, or when an
//! attendant is to leave a department.
//!
//! Whoever does it is shown the pending schedules and open tickets that it touches, with names and links as
//! far as they may see them, before it is done. An attendant's work may go to others of the department in
//! the same step; else the open tickets go back to the queue. What the attendant was told of their schedules and
//! has not read is told to the heirs, or to all others of the department. What becomes of a department's work is
//! decided in `departments`.

mod leaving;
mod queries;
mod views;

pub use leaving::{Heirs, Leave, Left, Refused, hand_over, heirs, lock_named};
pub use queries::{Candidate, Held, InHand, Leaver, candidates, held, in_hand, lock_users};
pub use views::{Leaving, Place, Shown, counted};
