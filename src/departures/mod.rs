//! Departures: what an attendant or a department has in hand when it is to be deactivated.
//!
//! Whoever deactivates one is shown the pending schedules and open tickets that it touches, with names
//! and links as far as they may see them. What becomes of them is decided in `users` and `departments`.

mod queries;
mod views;

pub use queries::{InHand, Leaver, in_hand};
pub use views::{Shown, counted};
