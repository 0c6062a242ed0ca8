//! People ("pessoas"): a person groups the contacts of one customer, who may have several addresses.
//!
//! A contact belongs to at most one person: adding it to another person removes it from the first. Archiving a
//! person removes their contacts; the contacts and their pending schedules stay as they are. Users who manage
//! contacts also manage people.

mod archival;
mod form;
mod handlers;
mod queries;
mod save;
mod views;

use crate::audit::Action;
use crate::web::Route;

/// Audit actions that the history of a person shows.
const AUDITED: &[Action] = &[
    Action::PersonCreated,
    Action::PersonEdited,
    Action::PersonArchived,
    Action::PersonRestored,
    Action::PersonAnonymised,
];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/people", handlers::index),
        Route::post("/people", handlers::create),
        Route::get("/people/new", handlers::new),
        Route::get("/people/{id}", handlers::show),
        Route::post("/people/{id}", handlers::update),
        Route::get("/people/{id}/edit", handlers::edit),
        Route::get("/people/{id}/archival", archival::ask),
        Route::post("/people/{id}/archival", archival::archive),
        Route::post("/people/{id}/restoration", archival::restore),
    ]
}
