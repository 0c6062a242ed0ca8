//! Finished data for the templates of contacts.

mod form;
mod index;
mod show;

pub use form::{AttendantField, FormPage, Options, as_json};
pub use index::{Index, ListQuery};
pub use show::{Archival, Entry, HISTORY, LinkRevocation, Page, Show, Touching};
