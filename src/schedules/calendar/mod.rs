//! The calendar: the same schedules by the same filters, in the days of a month or the hours of a week.
//!
//! A cell shows the first few of its schedules and how many more there are, so that a day of a thousand
//! is as fast and as readable as one of three. A pending schedule is moved to another time by mouse, by
//! keyboard or by a page of its own, under all the rules of an edit.

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
