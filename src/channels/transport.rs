//! How a channel hands a message over to its service.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::IdentityKind;
use crate::files::{ContentHash, Files};
use crate::ids::{ChannelId, MessageId};

/// A message as a channel sends it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub message: MessageId,
    pub channel: ChannelId,
    pub to: Address,
    /// The contact's name.
    pub contact: String,
    /// The name of the attendant who wrote it; `None` for a schedule.
    pub author: Option<String>,
    pub department: String,
    pub company: String,
    /// The number of the ticket.
    pub protocol: i64,
    pub body: String,
    pub files: Vec<OutgoingFile>,
    pub written_at: DateTime<Utc>,
    /// The service's ids of the last messages of the conversation on this channel, oldest first.
    pub earlier: Vec<String>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub kind: IdentityKind,
    pub value: String,
}

#[derive(Clone, Debug)]
pub struct OutgoingFile {
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub hash: ContentHash,
}

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The service has certainly not taken the message: its content was not sent, or not to the end.
    BeforeWrite,
    /// The message was written, at least in part, and the service has not answered.
    AfterWrite,
    /// The service answered the message itself.
    Answered,
    /// The service reported on the message later: a bounce, a status.
    Reported,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The contact has no address on the channel.
    NotSendable,
    /// The message could not be read from the database or the file store: nothing was begun.
    NotBegun,
    /// The name of the server cannot be resolved, or nothing listens there.
    NoConnection,
    /// The server's certificate is wrong, or it does not speak TLS.
    NoTls,
    /// The address is private, and the operator does not allow it.
    AddressRefused,
    /// No answer in time, or the connection broke.
    Silence,
    /// The step of the SMTP dialogue, and the code with which the server answered it.
    Smtp(SmtpStep, u16),
    /// The status of an HTTP answer.
    Http(u16),
    /// A bounce; permanent, or a delay that still goes on.
    Bounce {
        is_permanent: bool,
    },
    /// The service says that it has the message.
    Taken,
    Delivered,
    Read,
    /// The process died, or lost its lease, before it recorded what happened.
    LeaseExpired,
}

/// The step of the SMTP dialogue that a reply belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpStep {
    Greeting,
    Hello,
    Authentication,
    Sender,
    Recipient,
    /// The command DATA.
    Data,
    /// The message itself.
    Content,
}

/// The result of an attempt, as the transport saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub phase: Phase,
    pub signal: Signal,
    /// What the service said, or the error, for people.
    pub detail: String,
    /// The service's id of the message.
    pub provider_id: Option<String>,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
}

impl Attempt {
    pub fn new(phase: Phase, signal: Signal, detail: impl fmt::Display) -> Self {
        Self { phase, signal, detail: detail.to_string(), provider_id: None, retry_after: None }
    }
}

/// Hands the messages of one channel over to its service.
pub trait Transport: Send + Sync {
    /// The service's id of the message, if we choose it. It is stored before the message is written, so that a later
    /// report finds the message even if the answer is lost.
    fn fixed_id(&self, _: &Outgoing) -> Option<String> {
        None
    }

    /// Tries once. Never waits longer than its own time-outs, which together stay below two minutes.
    fn hand_over<'a>(&'a self, outgoing: &'a Outgoing, files: &'a Files) -> BoxFuture<'a, Attempt>;

    /// Checks the settings against the service without sending a message. The result is a sentence in
    /// Portuguese.
    fn test(&self) -> BoxFuture<'_, Result<String, String>>;
}
