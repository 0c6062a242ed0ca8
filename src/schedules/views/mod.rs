//! Finished data for the templates of schedules.

mod form;
mod index;
mod show;

pub use form::{AttendantField, FormPage, OpenTicketWarning, Options, as_json};
pub use index::Index;
pub use show::{Cancellation, Show};
