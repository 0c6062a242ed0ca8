//! The calendar: shows the list's schedules, with the same filters, in the days of a month or the hours of a
//! week.
//!
//! A cell shows its first few schedules and the number of others, so that a day with a thousand is as fast
//! and as readable as one with three. A pending schedule can be moved to another time by mouse, by keyboard
//! or on a separate page, under all the rules of an edit.

mod grid;
pub mod handlers;
mod queries;
mod views;

pub use grid::Cell;
pub use queries::{CellCount, cell_counts};
pub use views::PATH;
