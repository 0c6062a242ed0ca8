//! Receives a customer's message, on any channel.

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::queries;
use super::thread::{self, Body, Kind, NewMessage};
use crate::error::Result;
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets;

/// A message from a customer.
#[derive(Clone, Debug)]
pub struct IncomingMessage {
    pub contact: ContactId,
    pub body: Body,
    /// Made by the sender. The same text sent again with the same key is not written again.
    pub client_key: Option<Uuid>,
    /// The network address that it came from.
    pub ip: String,
}

/// The result of receiving a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is in the thread, exactly once.
    Written,
    /// The customer sent too many messages within a minute.
    TooMany,
}

/// Writes a customer's message into the open ticket, or into a new one, within the caller's transaction. The
/// channel must have locked the contact, and have checked that the customer may still write.
pub fn receive(conn: &mut PgConnection, incoming: &IncomingMessage) -> Result<Received> {
    let contact = incoming.contact;
    let message = NewMessage {
        contact,
        kind: Kind::Customer,
        author: None,
        body: incoming.body.clone(),
        client_key: incoming.client_key,
    };
    if thread::queries::is_written(conn, &message)? {
        return Ok(Received::Written);
    }
    if queries::has_written_too_much(conn, contact)? {
        return Ok(Received::TooMany);
    }
    let ticket = match tickets::open_ticket_of(conn, contact)? {
        Some(open) => open.id,
        None => tickets::open(conn, contact, &incoming.ip)?,
    };
    thread::queries::write(conn, ticket, &message)?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(Received::Written)
}
