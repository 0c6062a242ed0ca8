//! Opens a ticket for a customer who writes.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::error::Result;
use crate::ids::{ContactId, TicketId};

/// Opens a ticket in the queue of the department that last served the contact, if it is active. Otherwise in
/// the channel's default department. The contact must be locked and have no open ticket.
pub fn open(conn: &mut PgConnection, contact: ContactId, ip: &str) -> Result<TicketId> {
    let ticket = queries::open(conn, contact, ip)?;
    // The customer's address is stored with the ticket, because the audit cannot be anonymised.
    let details = json!({ "contact_id": contact.0 });
    audit::record(conn, &Entry::of(Action::TicketOpened).about(Some(ticket.0)).with(details))?;
    Ok(ticket)
}
