//! What a ticket is, and who may act on it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::auth::{Account, Permission};
use crate::ids::{ContactId, DepartmentId, MessageId, TicketId, UserId};
use crate::schema::{departments, tickets, users};
use crate::text_enum;

text_enum! {
    /// `open` until somebody closes it; `closed` is final.
    pub enum TicketStatus {
        Open = "open",
        Closed = "closed",
    }
}

impl TicketStatus {
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Aberto",
            Self::Closed => "Fechado",
        }
    }

    /// The badge's icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Open => "message-circle",
            Self::Closed => "lock",
        }
    }
}

/// The one open ticket of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = tickets)]
pub struct OpenTicket {
    pub id: TicketId,
    pub protocol: i64,
    pub department_id: DepartmentId,
    pub attendant_id: Option<UserId>,
}

/// A ticket with the names that pages show.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tickets)]
pub struct Ticket {
    #[diesel(embed)]
    pub core: OpenTicket,
    pub contact_id: ContactId,
    pub status: TicketStatus,
    #[diesel(select_expression = departments::name)]
    pub department: String,
    #[diesel(select_expression = users::name.nullable())]
    pub attendant: Option<String>,
    pub opened_at: DateTime<Utc>,
}

impl Ticket {
    pub fn is_open(&self) -> bool {
        self.status == TicketStatus::Open
    }
}

/// What a page showed: the ticket, and its last message. Closing the ticket sends it back, in the form `7-123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenThread {
    pub ticket: TicketId,
    pub up_to: MessageId,
}

impl fmt::Display for SeenThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ticket, self.up_to)
    }
}

impl FromStr for SeenThread {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ticket, up_to) = text.trim().split_once('-').ok_or(())?;
        Ok(Self { ticket: ticket.parse().map_err(|_| ())?, up_to: up_to.parse().map_err(|_| ())? })
    }
}

/// Whether `viewer` may answer and close that ticket: they are its attendant, it is in one of their
/// departments, or they attend all tickets.
pub fn may_attend(viewer: &Account, ticket: &OpenTicket) -> bool {
    let is_theirs =
        ticket.attendant_id == Some(viewer.id) || viewer.departments.contains(&ticket.department_id);
    viewer.may(Permission::TicketsAll) || (viewer.may(Permission::Tickets) && is_theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_read_as_it_is_written() {
        let seen = SeenThread { ticket: TicketId(7), up_to: MessageId(123) };
        assert_eq!((seen.to_string(), "7-123".parse()), ("7-123".to_owned(), Ok(seen)));
        for nonsense in ["", "7", "7-", "-1", "7-x"] {
            assert_eq!(nonsense.parse::<SeenThread>(), Err(()), "{nonsense}");
        }
    }
}
