//! Finished data for the templates of schedules.

mod form;
mod show;

pub use form::{AttendantField, FormPage, OpenTicketWarning, Options, as_json};
pub use show::{Cancellation, Show};
