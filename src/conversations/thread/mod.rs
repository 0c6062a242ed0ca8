//! The thread of a conversation: messages, internal comments and events of its tickets, oldest first. The ids
//! of a contact's messages are assigned while the contact is locked, so a page that asks for all messages
//! after its last one misses none.

mod body;
pub mod queries;
mod segments;
mod views;

pub use body::{BODY_LIMIT, Body, BodyError};
pub use segments::{Segment, segments};
pub use views::{Foot, Items, customer_items, receipts, team_items};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db;
use crate::files::{Attachment, IncomingFile};
use crate::ids::{ChannelId, ContactId, MessageId, ScheduleId, UserId};
use crate::outbox::{DeliveryState, Reason};
use crate::text_enum;

text_enum! {
    /// Who a message is from, and who may read it.
    pub enum Kind {
        /// Received from the customer.
        Customer = "customer",
        /// Sent to the customer, by a person or a schedule.
        Attendant = "attendant",
        /// Internal: never shown to the customer.
        Comment = "comment",
        /// What happened to a ticket. Internal, too.
        Event = "event",
    }
}

text_enum! {
    /// What an event says.
    pub enum TicketEvent {
        TicketOpened = "ticket_opened",
        TicketClosed = "ticket_closed",
    }
}

db::row! {
    /// One entry of a thread, with what its view needs from ticket, author and schedule.
    #[derive(Clone, Debug)]
    pub struct Message {
        pub id: MessageId,
        pub protocol: i64,
        pub department: String,
        pub kind: Kind,
        pub event: Option<TicketEvent>,
        pub author: Option<String>,
        pub schedule_id: Option<ScheduleId>,
        /// Whether the reader may read that schedule.
        pub is_schedule_readable: bool,
        /// Names of the users who created, changed or fired the schedule that opened the ticket.
        pub planned_by: Option<String>,
        pub body: String,
        /// What a customer's text quotes of earlier messages.
        pub quoted: String,
        pub created_at: DateTime<Utc>,
        pub delivered_at: Option<DateTime<Utc>>,
        pub read_at: Option<DateTime<Utc>>,
        /// Set by the page that sent the message, to recognise it.
        pub client_key: Option<Uuid>,
        /// What became of it in the outbox; `None` if no channel hands it over.
        pub delivery: Option<DeliveryState>,
        pub delivery_reason: Option<Reason>,
        /// What the channel's service said.
        pub delivery_detail: Option<String>,
        /// Since when it is in that state; for a queued one, when it is tried next.
        pub delivery_at: Option<DateTime<Utc>>,
        pub delivery_channel: Option<String>,
        /// Whether the channel that hands it over is paused or deactivated.
        pub is_delivery_stopped: bool,
    }
}

/// Who the thread is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A user who may read the conversation.
    Team(UserId),
    Customer,
}

/// A part of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Newest,
    /// All messages, for printing, up to [`queries::WHOLE_THREAD_LIMIT`].
    Whole,
    Before(MessageId),
    After(MessageId),
}

impl Window {
    /// From the query string of a page. `whole` takes precedence.
    pub fn of_page(before: Option<MessageId>, whole: Option<u8>) -> Self {
        match (whole, before) {
            (Some(_), _) => Self::Whole,
            (None, Some(id)) => Self::Before(id),
            (None, None) => Self::Newest,
        }
    }

    /// Whether it ends with the newest message.
    pub fn has_newest(self) -> bool {
        matches!(self, Self::Newest | Self::Whole)
    }

    /// From the query string of an open page that asks for what it is missing. `after` takes precedence.
    pub fn of_update(before: Option<MessageId>, after: Option<MessageId>) -> Self {
        match (before, after) {
            (_, Some(id)) => Self::After(id),
            (Some(id), None) => Self::Before(id),
            (None, None) => Self::Newest,
        }
    }
}

/// A part of a thread, oldest first.
#[derive(Clone, Debug)]
pub struct Part {
    pub messages: Vec<Message>,
    /// The attachments of the messages that have any.
    pub files: BTreeMap<MessageId, Vec<Attachment>>,
    /// Whether there are more messages in the direction in which the part was read.
    pub has_more: bool,
}

impl Part {
    /// For pages that show no messages.
    pub fn empty() -> Self {
        Self { messages: Vec::new(), files: BTreeMap::new(), has_more: false }
    }
}

/// A text, files, or both, to write into a thread.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub contact: ContactId,
    pub kind: Kind,
    pub author: Option<UserId>,
    pub body: Body,
    /// Made by the sender's page. The same text and files sent again with the same key are not written again.
    pub client_key: Option<Uuid>,
    /// `None` for what did not come by a service, and for the further parts of a message that was too long.
    pub origin: Option<Origin>,
    /// What a customer's text quotes of earlier messages.
    pub quoted: String,
    pub files: Vec<IncomingFile>,
}

/// The service by which a message came, and its id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub channel: ChannelId,
    pub provider_id: String,
}
