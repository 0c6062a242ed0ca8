//! Finished data for the templates of contacts.

mod form;
mod history;
mod index;
mod show;

pub use form::{AttendantField, FormPage, Options, as_json};
pub use history::{Entry, HISTORY};
pub use index::{Index, ListQuery};
pub use show::{Archival, LinkRevocation, Page, Show, Touching};
