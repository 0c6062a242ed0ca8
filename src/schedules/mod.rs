//! Schedules ("agendamentos"): one future action for one contact.
//!
//! Not recurring, not collective: one date and time, one contact. At its due time a schedule opens a
//! ticket and sends a message, or notifies an attendant, or both (see [`Action`]). It keeps a distance
//! to the others (see [`Spacing`]). Who has the permission "Habilitar agendamento" creates and cancels
//! them and sees them all; an attendant reads those that are theirs. What happens at the due time is
//! the `dispatcher`'s.

mod cancel;
mod create;
mod draft;
mod form;
mod form_parts;
mod handlers;
pub mod handover;
mod queries;
mod spacing;
mod state;
mod views;

pub use queries::{CONCERNED, READS_ALL, is_readable};
pub use spacing::{Scope, Spacing};
pub use state::{Action, FailureReason, Status};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/schedules", handlers::index),
        Route::post("/schedules", handlers::create),
        Route::get("/schedules/new", handlers::new),
        Route::get("/schedules/new/attendants", form_parts::attendant_field),
        Route::get("/schedules/new/open-ticket", form_parts::open_ticket_warning),
        Route::get("/schedules/new/contacts", form_parts::contact_options),
        Route::get("/schedules/new/people", form_parts::person_options),
        Route::get("/schedules/{id}", handlers::show),
        Route::get("/schedules/{id}/cancellation", handlers::ask_cancellation),
        Route::post("/schedules/{id}/cancellation", handlers::cancel),
    ]
}
