//! Closes a ticket.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{MessageId, TicketId};
use crate::live::{self, Event};

/// The result of closing a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    Closed,
    /// Somebody had closed it before.
    WasClosed,
    /// Nothing changed, because there are messages that the account has not seen.
    HasUnseenMessages,
}

/// Closes a ticket that `by` attends, if they have seen its messages. `seen` is the last message that their
/// page showed.
///
/// # Errors
/// `NotFound`, also if the account does not attend it.
pub fn close_seen(
    conn: &mut PgConnection,
    by: &Account,
    ticket: TicketId,
    seen: Option<MessageId>,
) -> Result<Closing> {
    let is_open = super::lock_attended(conn, by, ticket)?.is_open();
    if is_open && queries::has_unseen_messages(conn, ticket, seen, by.id)? {
        return Ok(Closing::HasUnseenMessages);
    }
    Ok(if close(conn, ticket, by)? { Closing::Closed } else { Closing::WasClosed })
}

/// Closes `ticket`, within the caller's transaction, with event, audit and announcement. `false` if it was
/// closed already; then nothing changes.
pub fn close(conn: &mut PgConnection, ticket: TicketId, by: &Account) -> Result<bool> {
    let contact = queries::lock_contact_of(conn, ticket)?;
    if !queries::close(conn, ticket, Some(by.id))? {
        return Ok(false);
    }
    let details = json!({ "contact_id": contact.0 });
    audit::record(conn, &Entry::of(Action::TicketClosed).by(by).about(Some(ticket.0)).with(details))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(true)
}
