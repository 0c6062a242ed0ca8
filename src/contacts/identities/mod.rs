//! Identities ("identidades"): how a contact is known on a channel. A contact has one or more.

pub mod queries;
mod resolve;

pub use resolve::{Resolved, resolve};

use crate::channels::IdentityKind;

/// The constraints that a second contact with the same address violates.
pub const IDENTITY_KEYS: [&str; 2] = ["contact_identities_value_key", "contact_identities_match_key"];

/// One id of a customer, as a service gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub kind: IdentityKind,
    pub value: String,
}
