//! "Tentar de novo" and "Descartar": what a person decides about a message that was not delivered.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{MessageId, TicketId};
use crate::live::{self, Event};
use crate::tickets;

/// Puts a message that failed or is uncertain into the queue again, within the caller's transaction. Returns its ticket.
/// Does nothing if the message is in another state by now: somebody else has decided, or it arrived after all.
///
/// # Errors
/// `NotFound`, also if `by` does not attend the ticket.
pub fn retry(conn: &mut PgConnection, by: &Account, message: MessageId) -> Result<TicketId> {
    decide(conn, by, message, Action::MessageRequeued, queries::requeue)
}

/// Gives up a message that failed or is uncertain; otherwise as [`retry`].
pub fn discard(conn: &mut PgConnection, by: &Account, message: MessageId) -> Result<TicketId> {
    decide(conn, by, message, Action::MessageDiscarded, queries::discard)
}

fn decide(
    conn: &mut PgConnection,
    by: &Account,
    message: MessageId,
    action: Action,
    write: impl Fn(&mut PgConnection, MessageId) -> Result<()>,
) -> Result<TicketId> {
    // The contact is locked before the row, in the same order as everywhere.
    let ticket = queries::ticket_of(conn, message)?;
    tickets::lock_attended(conn, by, ticket)?;
    let row = queries::lock_for_person(conn, message)?;
    if !row.state.awaits_a_person() {
        return Ok(ticket);
    }
    write(conn, message)?;
    let details = json!({ "message_id": message.0 });
    audit::record(conn, &Entry::of(action).by(by).about(Some(ticket.0)).with(details))?;
    live::announce(conn, &Event::MessagesQueued)?;
    live::announce(conn, &Event::ConversationsChanged(vec![row.contact_id]))?;
    if let Some(schedule) = row.schedule_id {
        live::announce(conn, &Event::SchedulesChanged(vec![schedule]))?;
    }
    Ok(ticket)
}
