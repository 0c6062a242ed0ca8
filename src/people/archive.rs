//! Archives and restores a person.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::PersonId;
use crate::live::{self, Event};

/// Archives a person and removes their contacts, in the caller's transaction. Does nothing if the person
/// already is archived.
pub fn archive(conn: &mut PgConnection, account: &Account, person: PersonId) -> Result<()> {
    queries::lock(conn, person)?;
    if !queries::archive(conn, person)? {
        return Ok(());
    }
    let removed = queries::remove_contacts(conn, person, None)?;
    let entry = audit::Entry::of(Action::PersonArchived).by(account).about(Some(person.0));
    audit::record(conn, &entry.with(json!({ "removed": removed.len() })))?;
    for contact in &removed {
        let details = json!({ "fields": ["person"] });
        let entry = audit::Entry::of(Action::ContactEdited).by(account).about(Some(contact.0)).with(details);
        audit::record(conn, &entry)?;
    }
    live::announce(conn, &Event::ConversationsChanged(removed))
}

/// Restores an archived person, in the caller's transaction. Does nothing if the person is not archived.
pub fn restore(conn: &mut PgConnection, account: &Account, person: PersonId) -> Result<()> {
    queries::lock(conn, person)?;
    if !queries::restore(conn, person)? {
        return Ok(());
    }
    audit::record(conn, &audit::Entry::of(Action::PersonRestored).by(account).about(Some(person.0)))
}
