//! The list of schedules, with its tabs and filters.
//!
//! Users with the permission see all schedules here; others cannot open the list. The address holds the whole
//! state of the page ([`Filters`] and where the page begins), so that it can be shared and the browser's
//! "back" restores it. The calendar shows the same schedules with the same filters.

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
