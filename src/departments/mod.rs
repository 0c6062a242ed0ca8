//! Departments ("departamentos"): queues with their attendants, in an order that the company chose.
//!
//! A department is deactivated, never deleted. Whoever deactivates one chooses another for the channels
//! whose first messages wait in it, and may move its pending schedules and open tickets there in the same
//! step; their attendants go with them. Schedules that stay and open a ticket will fail with the reason
//! `department_inactive`; those that only notify still do. Open tickets that stay are attended to their
//! end. Nobody joins a department by themself, or sends the work of another to their own (see [`sight`]). Who attends a department counts from their next request, and their streams begin anew.

mod departure;
mod form;
mod handlers;
mod members;
mod queries;
pub mod sight;
mod views;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/departments", handlers::index),
        Route::post("/departments", handlers::create),
        Route::get("/departments/new", handlers::new),
        Route::get("/departments/{id}", handlers::edit),
        Route::post("/departments/{id}", handlers::update),
        Route::post("/departments/{id}/position", handlers::reorder),
        Route::post("/departments/{id}/members", members::add),
        Route::post("/departments/{id}/members/{user}/removal", members::remove),
        Route::get("/departments/{id}/deactivation", departure::ask),
        Route::post("/departments/{id}/deactivation", departure::deactivate),
        Route::post("/departments/{id}/reactivation", departure::reactivate),
    ]
}
