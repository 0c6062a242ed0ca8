//! Retention ("retenção de dados"): how long what piles up by itself is kept.
//!
//! Notifications go after some months, read or not: by then the bell is no place to learn of anything.
//! The audit is kept for years, and the database itself lets nothing younger go than the company
//! decided, nor anything of the last twelve months. Sessions that have ended and sign-in attempts long
//! past go too. The history of a schedule goes as a whole, years after its end; while it is pending, all
//! of it stays. What is the customers' record stays: contacts, conversations, and the schedules.
//!
//! Before when rows may be missing is written down where they go, so that `pontual check` still tells
//! what was retired from what was lost.

mod form;
mod handlers;
mod queries;
mod views;
pub mod worker;

pub use form::Retention;
pub use queries::current;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/settings/retention", handlers::edit),
        Route::post("/settings/retention", handlers::update),
    ]
}
