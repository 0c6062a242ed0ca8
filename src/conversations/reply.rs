//! Writes what an attendant says.

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::thread::{self, Body, Kind, NewMessage};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::TicketId;
use crate::live::{self, Event};
use crate::outbox;
use crate::tickets;

/// A message to the customer, or an internal comment.
#[derive(Clone, Debug)]
pub struct Reply {
    pub kind: Kind,
    pub body: Body,
    /// Made by the sender. The same text sent again with the same key is not written again.
    pub client_key: Option<Uuid>,
}

/// The result of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replied {
    /// It is in the thread, exactly once.
    Written,
    /// Nothing was written, because the ticket is closed.
    TicketClosed,
}

/// Writes a reply or comment of `author` into a ticket that they attend, within the caller's transaction.
/// Marks everything before it as seen. A reply also makes `author` the attendant if there is none.
///
/// # Errors
/// `NotFound`, also if `author` does not attend the ticket.
pub fn reply(conn: &mut PgConnection, author: &Account, ticket: TicketId, reply: &Reply) -> Result<Replied> {
    let ticket = tickets::lock_attended(conn, author, ticket)?;
    let message = NewMessage {
        contact: ticket.contact_id,
        kind: reply.kind,
        author: Some(author.id),
        body: reply.body.clone(),
        client_key: reply.client_key,
        origin: None,
        quoted: String::new(),
        files: Vec::new(),
    };
    if thread::queries::is_written(conn, &message)? {
        return Ok(Replied::Written);
    }
    if !ticket.is_open() {
        return Ok(Replied::TicketClosed);
    }
    let written = thread::queries::write(conn, ticket.core.id, &message)?;
    let is_to_customer = reply.kind == Kind::Attendant;
    if is_to_customer && outbox::queries::enqueue(conn, written)?.is_some() {
        live::announce(conn, &Event::MessagesQueued)?;
    }
    tickets::queries::record_reply(conn, ticket.core.id, written, author.id, is_to_customer)?;
    live::announce(conn, &Event::ConversationsChanged(vec![ticket.contact_id]))?;
    Ok(Replied::Written)
}
