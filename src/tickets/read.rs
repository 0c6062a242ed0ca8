//! Records what the team has read.

use diesel::pg::PgConnection;

use super::queries;
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{MessageId, TicketId};
use crate::live::{self, Event};

/// Records that the team has seen the customer's messages of a ticket up to `message`.
///
/// # Errors
/// `NotFound`, also if `viewer` does not attend the ticket.
pub fn read(conn: &mut PgConnection, viewer: &Account, ticket: TicketId, message: MessageId) -> Result<()> {
    let ticket = super::lock_attended(conn, viewer, ticket)?;
    match queries::mark_seen(conn, ticket.core.id, message)? {
        true => live::announce(conn, &Event::ConversationsChanged(vec![ticket.contact_id])),
        false => Ok(()),
    }
}
