//! The calendar: shows the list's schedules, with the same filters, in the days of a month or the hours of a
//! week.
//!
//! A cell shows its first few schedules and the number of others, so that a day with a thousand is as fast
//! and as readable as one with three. A pending schedule can be moved to another time by mouse, by keyboard
//! or on a separate page, under all the rules of an edit.

mod grid;
mod handlers;
mod moving;
mod queries;
mod views;

pub use grid::Cell;
pub use queries::{Load, loads};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/schedules/calendar", handlers::show),
        Route::get("/schedules/{id}/time", moving::ask),
        Route::post("/schedules/{id}/time", moving::change),
    ]
}
