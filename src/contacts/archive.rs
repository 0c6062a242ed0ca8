//! Archives and restores a contact.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ContactId;
use crate::live::{self, Event};

/// Archives a contact, in the caller's transaction. Does nothing if it already is archived.
pub fn archive(conn: &mut PgConnection, account: &Account, contact: ContactId) -> Result<()> {
    queries::lock(conn, contact)?;
    if !queries::archive(conn, contact)? {
        return Ok(());
    }
    record_and_announce(conn, account, contact, Action::ContactArchived)
}

/// Restores an archived contact, in the caller's transaction. Does nothing if it is not archived.
pub fn restore(conn: &mut PgConnection, account: &Account, contact: ContactId) -> Result<()> {
    queries::lock(conn, contact)?;
    if !queries::restore(conn, contact)? {
        return Ok(());
    }
    record_and_announce(conn, account, contact, Action::ContactRestored)
}

/// Writes the action to the audit, and announces the change to the pages that show the contact. An open page
/// of the customer learns this way that its link has ended.
pub(super) fn record_and_announce(
    conn: &mut PgConnection,
    account: &Account,
    contact: ContactId,
    action: Action,
) -> Result<()> {
    audit::record(conn, &audit::Entry::of(action).by(account).about(Some(contact.0)))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}
