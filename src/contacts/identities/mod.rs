//! Identities ("identidades"): how a contact is known on a channel. A contact has one or more.

pub mod queries;
mod resolve;

pub use resolve::{Resolved, resolve};

use crate::channels::IdentityKind;

/// One id of a customer, as a service gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub kind: IdentityKind,
    pub value: String,
}
