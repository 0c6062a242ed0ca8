//! Anonymises a contact.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::contacts::queries::pending_schedules;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::inbox;
use crate::live::{self, Event};
use crate::tickets::{self, SeenThread};

/// Cancels the schedules, closes the ticket and clears every text, in the caller's transaction. Returns `false`
/// and changes nothing if the open ticket has messages that were not `shown`.
///
/// Locks in the order that all writers use: the inbox, imports, schedules, the contact, its ticket. A schedule that
/// somebody saved just before the contact was locked cannot be locked in this order. In that case it returns
/// `Collision`, and the whole transaction runs again.
pub fn anonymise(
    conn: &mut PgConnection,
    account: &Account,
    contact: ContactId,
    shown: &str,
) -> Result<bool> {
    if !shown.is_empty() && open_ticket_state(conn, contact)? != shown {
        return Ok(false);
    }
    let identities = inbox::queries::identities_by_channel(conn, contact)?;
    inbox::erase_untaken(conn, contact)?;
    queries::clear_imports(conn, contact)?;
    for merged in queries::merged_into(conn, contact)? {
        queries::clear_imports(conn, merged)?;
        queries::clear_import_file_names(conn, merged)?;
    }
    let schedules = queries::cancel_pending(conn, account, contact)?;
    queries::lock(conn, contact)?;
    if !pending_schedules(conn, contact)?.is_empty() {
        return Err(Error::Collision("a schedule was saved in between".into()));
    }
    if inbox::queries::identities_by_channel(conn, contact)? != identities {
        return Err(Error::Collision("the contact got another identity in between".into()));
    }
    if !shown.is_empty() && open_ticket_state(conn, contact)? != shown {
        return Err(Error::Collision("the customer wrote in between".into()));
    }
    if let Some(ticket) = tickets::open_ticket_of(conn, contact)? {
        tickets::close(conn, ticket.id, account)?;
    }
    let person = queries::person_without_other_contacts(conn, contact)?;
    queries::clear_import_file_names(conn, contact)?;
    queries::clear_texts(conn, contact)?;
    queries::clear_contact(conn, contact)?;
    let entry = |action| audit::Entry::of(action).by(account);
    if let Some(person) = person {
        queries::clear_person(conn, person)?;
        audit::record(conn, &entry(Action::PersonAnonymised).about(Some(person.0)))?;
    }
    let details = json!({ "cancelled_schedules": schedules });
    audit::record(conn, &entry(Action::ContactAnonymised).about(Some(contact.0)).with(details))?;
    live::announce(conn, &Event::SchedulesChanged(schedules))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(true)
}

/// The open ticket and its last message, as a string. `none` without an open ticket.
pub fn open_ticket_state(conn: &mut PgConnection, contact: ContactId) -> Result<String> {
    let Some(open) = tickets::open_ticket_of(conn, contact)? else { return Ok("none".into()) };
    let up_to = tickets::queries::last_message(conn, open.id)?;
    Ok(SeenThread { ticket: open.id, up_to }.to_string())
}
