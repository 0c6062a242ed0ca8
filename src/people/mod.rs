//! People ("pessoas"): a person groups the contacts of one customer, who may have several addresses.
//!
//! A contact belongs to at most one person: adding it to another person removes it from the first. Archiving a
//! person removes their contacts; the contacts and their pending schedules stay as they are. Users who manage
//! contacts also manage people.

pub mod archival;
mod archive;
mod form;
pub mod handlers;
pub mod options;
mod queries;
pub mod restoration;
mod save;
mod views;

use crate::audit::Action;

/// Audit actions that the history of a person shows.
const AUDITED: &[Action] = &[
    Action::PersonCreated,
    Action::PersonEdited,
    Action::PersonArchived,
    Action::PersonRestored,
    Action::PersonAnonymised,
];
