//! Changes a pending schedule.
//!
//! The form names the version that it showed. If somebody has changed the schedule since, or it is no longer
//! pending, nothing is saved and the page shows what happened meanwhile.

mod edit;
pub mod handlers;
mod merging;
mod queries;
mod views;

pub use edit::{EditOutcome, Move, Stale, move_to};
pub use merging::{Merged, Original, Part};
pub use views::stale_notice;
