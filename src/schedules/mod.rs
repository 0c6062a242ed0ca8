//! Schedules ("agendamentos"): one future action for one contact.

mod state;

pub use state::{Action, FailureReason, Status};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
