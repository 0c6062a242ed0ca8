//! Schedules ("agendamentos"): one future action for one contact.
//!
//! A schedule is not recurring and not collective: it has one date and time and one contact. At its due time
//! it opens a ticket and sends a message, or notifies an attendant, or both (see [`Action`]). It keeps a
//! distance to other schedules (see [`Spacing`]). Users with the permission "Habilitar agendamento" create,
//! edit, cancel, run and reschedule them, and see all of them. An attendant reads only their own. The
//! `dispatcher` decides what happens at the due time.

mod calendar;
mod cancel;
mod changes;
mod closing;
mod create;
mod draft;
pub mod edit;
mod editing;
mod form;
mod form_parts;
mod handlers;
pub mod handover;
mod known;
mod list;
mod merging;
mod queries;
mod running;
mod slot;
mod spacing;
mod state;
mod views;

pub use changes::Field;
pub use known::Known;
pub use queries::{CONCERNED, READS_ALL, is_readable};
pub use spacing::{Scope, Spacing};
pub use state::{Action, FailureReason, Status};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = list::routes();
    routes.extend(calendar::routes());
    routes.extend([
        Route::post("/schedules", handlers::create),
        Route::get("/schedules/new", handlers::new),
        Route::get("/schedules/new/attendants", form_parts::attendant_field),
        Route::get("/schedules/new/contact-warning", form_parts::contact_warning),
        Route::get("/schedules/new/proposal", form_parts::proposal),
        Route::get("/schedules/new/contacts", form_parts::contact_options),
        Route::get("/schedules/new/people", form_parts::person_options),
        Route::get("/schedules/slot-check", form_parts::slot_check),
        Route::get("/schedules/{id}", handlers::show),
        Route::post("/schedules/{id}", editing::update),
        Route::get("/schedules/{id}/edit", editing::edit),
        Route::get("/schedules/{id}/cancellation", handlers::ask_cancellation),
        Route::post("/schedules/{id}/cancellation", handlers::cancel),
        Route::get("/schedules/{id}/dispatch", running::ask),
        Route::post("/schedules/{id}/dispatch", running::run),
    ]);
    routes
}
