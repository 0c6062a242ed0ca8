//! Finished data for the templates of schedules.

mod cautions;
mod changes;
mod form;
mod form_parts;
mod options;
mod questions;
mod show;
mod slot;
mod stale;
mod timeline;

pub use form::{FormPage, Purpose};
pub use form_parts::{AttendantField, ContactWarning, Known, as_json};
pub use options::Options;
pub use questions::{Cancellation, RunQuestion};
pub use show::Show;
pub use slot::SlotView;
pub use stale::StaleNotice;
