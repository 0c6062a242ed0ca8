//! SQL of tickets.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::json;

use super::OpenTicket;
use crate::audit::{self, Action};
use crate::error::Result;
use crate::ids::{ContactId, TicketId, UserId};
use crate::live::{self, Event};

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
}

/// The open ticket of `contact`, if there is one.
///
/// # Errors
/// The database is unreachable.
pub fn open_ticket_of(conn: &mut PgConnection, contact: ContactId) -> Result<Option<OpenTicket>> {
    Ok(diesel::sql_query(
        "SELECT id, protocol, department_id, attendant_id FROM tickets
          WHERE contact_id = $1 AND status = 'open'",
    )
    .bind::<BigInt, _>(contact)
    .get_result(conn)
    .optional()?)
}

/// Locks the contact of `ticket`, as every writer of its conversation does first, until the end of
/// the transaction.
///
/// # Errors
/// `NotFound`, or the database is unreachable.
pub fn lock_contact_of(conn: &mut PgConnection, ticket: TicketId) -> Result<ContactId> {
    let row: ContactRow = diesel::sql_query(
        "SELECT c.id AS contact_id FROM contacts c
          WHERE c.id = (SELECT contact_id FROM tickets WHERE id = $1) FOR NO KEY UPDATE",
    )
    .bind::<BigInt, _>(ticket)
    .get_result(conn)?;
    Ok(row.contact_id)
}

/// Closes `ticket`, within the caller's transaction, with its event, audit row and announcement.
/// `false` if it was closed already, and then nothing changed.
///
/// # Errors
/// `NotFound`, or the database is unreachable.
pub fn close(conn: &mut PgConnection, ticket: TicketId, by: UserId, ip: &str) -> Result<bool> {
    let contact = lock_contact_of(conn, ticket)?;
    let closed = diesel::sql_query(
        "WITH closed AS (
            UPDATE tickets
               SET status = 'closed', closed_at = greatest(clock_timestamp(), opened_at), closed_by = $2
             WHERE id = $1 AND status = 'open'
            RETURNING id, contact_id, closed_at)
         INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, created_at)
         SELECT contact_id, id, 'event', 'ticket_closed', $2, closed_at FROM closed",
    )
    .bind::<BigInt, _>(ticket)
    .bind::<BigInt, _>(by)
    .execute(conn)?;
    if closed == 0 {
        return Ok(false);
    }
    let details = json!({ "contact_id": contact.0 });
    let entry = audit::Entry::of(Action::TicketClosed).by(by).about(Some(ticket.0)).with(details).from(ip);
    audit::record(conn, &entry)?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(true)
}
