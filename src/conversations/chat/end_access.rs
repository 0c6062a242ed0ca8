//! Ends the access of browsers to a contact's page. Their open streams end with it.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{ContactId, CustomerAccessId};
use crate::live::{self, Event};

/// Ends the access of every browser of a contact, on behalf of a user.
pub fn end_accesses(conn: &mut PgConnection, contact: ContactId, by: &Account) -> Result<()> {
    let count = queries::delete_all(conn, contact)?;
    audit::record(conn, &ended(contact, count).by(by))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}

/// Ends the access of every browser of a customer except this one.
pub fn end_others(conn: &mut PgConnection, contact: ContactId, except: CustomerAccessId) -> Result<()> {
    let count = queries::delete_others(conn, contact, except)?;
    audit::record(conn, &ended(contact, count))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}

/// Ends the access of this browser.
pub fn leave(conn: &mut PgConnection, contact: ContactId, access: CustomerAccessId) -> Result<()> {
    queries::delete(conn, access)?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}

/// The audit must not contain a customer's network address.
fn ended(contact: ContactId, count: usize) -> Entry {
    Entry::of(Action::ContactAccessesEnded).about(Some(contact.0)).with(json!({ "count": count }))
}
