//! The inbox: what services send to channels.
//!
//! A row is written as it came, before the service gets its answer ([`store`]). It is read afterwards by its channel
//! ([`read`]), and taken into contact, ticket and thread ([`take`]). What cannot be read is tried some times, and then
//! shown to a person; it never stops what comes after it ([`worker`]).
//!
//! Rows of a deactivated channel wait until it is active again. A message of an archived contact is shown to a person.

pub mod queries;
mod read;
mod split;
mod store;
mod take;
pub mod worker;

pub use read::{Read, Reading};
pub use store::store;
pub use take::{Taken, take};

use crate::contacts::identities::Identity;
use crate::files::{ContentHash, FileName};
use crate::ids::ChannelId;

/// A message that came by a service, as its channel read it.
#[derive(Clone, Debug)]
pub struct ChannelMessage {
    pub channel: ChannelId,
    /// The service's id: a message that comes twice is taken once. Usually `Reading::provider_id`.
    pub provider_id: String,
    /// How the customer is known: every id of the payload. The first is the address to answer to.
    pub identities: Vec<Identity>,
    /// What the service says the customer is called.
    pub name: Option<String>,
    /// Of any length: a text longer than a message may hold becomes several messages.
    pub text: String,
    /// What the text quotes of earlier messages; kept apart, and shown on demand.
    pub quoted: String,
    /// Files that are in the store already: see `Reading::keep`. Any number: those beyond what a message may hold
    /// become further messages.
    pub files: Vec<IncomingFile>,
    /// Sentences about files that were refused, as `Reading::keep` returns them. They are shown below the text.
    pub refused_files: Vec<String>,
    /// Our messages that it answers, by the ids that we gave the service. If no identity is known, the contact of one of
    /// them wrote it.
    pub answers: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct IncomingFile {
    pub name: FileName,
    pub hash: ContentHash,
}
