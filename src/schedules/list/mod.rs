//! The list of schedules, and what it can be narrowed to.
//!
//! Who has the permission sees all schedules here; nobody else sees the list. The address holds the
//! whole state of the page ([`Filters`] and where the page begins), so that it can be shared and the
//! browser's "back" finds it again; the calendar shows the same schedules by the same filters.

mod cancellations;
mod export;
mod filters;
mod handlers;
mod period;
mod queries;
mod views;

pub use filters::{Attendant, Filters, Query};
pub use period::Period;
pub use queries::{
    BOUND, Counts, Found, Narrowed, Options, added, counts, find, narrowed_to, narrowing, newest, options,
};
pub use views::{Chip, FilterForm, PATH, ViewSwitch, chips};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/schedules", handlers::index),
        Route::get("/schedules/attendants", handlers::attendants),
        Route::get("/schedules/users", handlers::users),
        Route::get("/schedules/export.csv", export::download),
        Route::get("/schedules/cancellations", cancellations::ask),
        Route::post("/schedules/cancellations", cancellations::cancel),
    ]
}
