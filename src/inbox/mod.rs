//! The inbox: what services send to channels.
//!
//! A row is written as it came, before the service gets its answer. It is read afterwards: identities, contact, ticket
//! and message. What cannot be read is tried some times, and then shown to a person; it never stops what comes after it.

use crate::contacts::identities::Identity;
use crate::files::ContentHash;
use crate::ids::ChannelId;

/// A message that came by a service, as its channel read it.
#[derive(Clone, Debug)]
pub struct ChannelMessage {
    pub channel: ChannelId,
    /// The service's id: a message that comes twice is taken once.
    pub provider_id: String,
    /// How the customer is known: every id of the payload. The first is the address to answer to.
    pub identities: Vec<Identity>,
    /// What the service says the customer is called.
    pub name: Option<String>,
    pub text: String,
    /// What the text quotes of earlier messages; kept apart, and shown on demand.
    pub quoted: String,
    /// Files that are in the store already.
    pub files: Vec<IncomingFile>,
    /// Our messages that it answers, by the ids that we gave the service.
    pub answers: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct IncomingFile {
    pub name: String,
    pub hash: ContentHash,
}
