//! Contacts ("contatos"): one customer, as channels know them.
//!
//! A contact has a name, may have a telephone number (E.164) and an e-mail address, and belongs to at most one
//! person. Its addresses are its identities, each on one channel, where it is unique. The channel decides what an
//! address is: on the web chat it is a random id, and the customer signs in with a link that can be revoked. Two
//! contacts may have the same
//! telephone number, but the form asks first. A contact is never deleted. It can be archived, and then takes no
//! new schedules. Or it can be anonymised (LGPD), which cannot be undone and leaves only its id, the protocols
//! of its tickets and their times.
//!
//! Users who attend customers or create schedules may read contacts. Changing contacts needs "Gerenciar
//! contatos e pessoas". The customer's link opens the conversation, so it is shown only to users who serve the
//! contact.

pub mod accesses;
pub mod anonymisation;
pub mod archival;
mod archive;
pub mod attendants;
mod begin_csv_export;
pub mod display;
pub mod export;
pub mod export_csv;
pub mod form;
pub mod handlers;
pub mod identities;
pub mod import;
mod link;
pub mod link_revocation;
pub mod merge;
pub mod options;
pub mod queries;
pub mod restoration;
mod revoke_link;
mod save;
pub mod views;

pub use link::{HAS_CHAT, Links};

use crate::audit::Action;

/// Audit actions that the history of a contact shows.
pub const AUDITED: &[Action] = &[
    Action::ContactCreated,
    Action::ContactEdited,
    Action::ContactArchived,
    Action::ContactRestored,
    Action::ContactLinkRevoked,
    Action::ContactAccessesEnded,
    Action::ContactExported,
    Action::ContactAnonymised,
    Action::ContactMerged,
    Action::ContactSeparated,
];
