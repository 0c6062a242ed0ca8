//! Receives a customer's message, on any channel.

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::queries;
use super::thread::{self, Body, Kind, NewMessage, Origin};
use crate::error::Result;
use crate::files::IncomingFile;
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets;

/// A message from a customer.
#[derive(Clone, Debug)]
pub struct IncomingMessage {
    pub contact: ContactId,
    pub body: Body,
    /// Made by the sender. The same text and files sent again with the same key are not written again.
    pub client_key: Option<Uuid>,
    /// The network address that it came from; empty if a service sent it.
    pub ip: String,
    /// `None` on the web chat, and for the further parts of a message that was too long.
    pub origin: Option<Origin>,
    /// What the text quotes of earlier messages.
    pub quoted: String,
    pub files: Vec<IncomingFile>,
}

/// The result of receiving a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is in the thread, exactly once.
    Written,
    /// The customer sent too many messages within a minute.
    TooMany,
}

/// Writes what a customer wrote on the web chat into the open ticket, or into a new one, within the caller's transaction.
/// The chat must have locked the contact, and have checked that the customer may still write.
pub fn receive(conn: &mut PgConnection, incoming: &IncomingMessage) -> Result<Received> {
    if thread::queries::is_written(conn, &incoming.message())? {
        return Ok(Received::Written);
    }
    if queries::has_written_too_much(conn, incoming.contact)? {
        return Ok(Received::TooMany);
    }
    receive_from_service(conn, incoming)?;
    Ok(Received::Written)
}

/// As [`receive`], for a message that a service has delivered: it must not be lost, so it is written also if the customer
/// writes much. The caller knows that it is not written yet.
pub fn receive_from_service(conn: &mut PgConnection, incoming: &IncomingMessage) -> Result<()> {
    let contact = incoming.contact;
    let ticket = match tickets::open_ticket_of(conn, contact)? {
        Some(open) => open.id,
        None => tickets::open(conn, contact, &incoming.ip)?,
    };
    thread::queries::write(conn, ticket, &incoming.message())?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}

impl IncomingMessage {
    fn message(&self) -> NewMessage {
        NewMessage {
            contact: self.contact,
            kind: Kind::Customer,
            author: None,
            body: self.body.clone(),
            client_key: self.client_key,
            origin: self.origin.clone(),
            quoted: self.quoted.clone(),
            files: self.files.clone(),
        }
    }
}
