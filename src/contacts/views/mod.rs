//! Finished data for the templates of contacts.

mod affected;
mod archival;
mod form;
mod history;
mod identities;
mod index;
mod link_revocation;
mod show;

pub use affected::AffectedRecords;
pub use archival::ArchivalPage;
pub use form::{AttendantField, FormPage, Options, as_json};
pub use history::{HistoryEntry, MAX_HISTORY_ENTRIES};
pub use identities::IdentityRow;
pub use index::{Index, ListQuery};
pub use link_revocation::LinkRevocationPage;
pub use show::{ContactRecords, Show};
