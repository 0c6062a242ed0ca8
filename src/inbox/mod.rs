//! The inbox: what services send to channels.
//!
//! [`store`] writes a row before the service gets its answer. Afterwards its channel reads it ([`read`]), and [`take`]
//! writes the message into the thread of the contact that sent it. A row that cannot be read is tried again a few times,
//! and then shown to a person. It never stops the rows behind it ([`worker`]).
//!
//! Rows of a deactivated channel wait until it is active again. A message of an archived contact is shown to a person.
//! Anonymising a contact erases what it sent and nobody has taken ([`erase`]).

mod erase;
pub mod queries;
mod read;
mod split;
mod store;
mod take;
pub mod worker;

pub use crate::files::IncomingFile;
pub use erase::erase_untaken;
pub use read::{Read, Reading};
pub use store::store;
pub use take::{Taken, take};

use crate::contacts::identities::Identity;
use crate::ids::ChannelId;

/// A message that came by a service, as its channel read it.
#[derive(Clone, Debug)]
pub struct ChannelMessage {
    pub channel: ChannelId,
    /// The service's id: a message that comes twice is taken once. Usually `Reading::provider_id`.
    pub provider_id: String,
    /// Every id by which the service names the customer. Answers go to the first one.
    pub identities: Vec<Identity>,
    /// The customer's name, as the service gives it.
    pub name: Option<String>,
    /// Of any length: a text longer than a message may hold becomes several messages.
    pub text: String,
    /// The quotation of earlier messages below the text. Pages show it on demand.
    pub quoted: String,
    /// Files that are in the store already: see `Reading::keep`. Any number: those beyond what a message may hold
    /// become further messages.
    pub files: Vec<IncomingFile>,
    /// Sentences about files that were refused, as `Reading::keep` returns them. They are shown below the text.
    pub refused_files: Vec<String>,
    /// Our messages that it answers, by the ids that we gave the service. If no identity is known, the contact of one of
    /// them wrote it, from another address, which the text then names.
    pub answers: Vec<String>,
}
