//! Finds the contact that wrote, by every id of a payload.

use diesel::pg::PgConnection;

use super::{Identity, queries};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId};

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    Contact(ContactId),
    /// The contact is archived: the message cannot be taken.
    Archived,
}

/// The contact with one of `identities` on the channel, locked; a new one if there is none. Attaches the identities that
/// are missing. `identities` must not be empty; the first one is the address to answer to.
pub fn resolve(
    conn: &mut PgConnection,
    channel: ChannelId,
    identities: &[Identity],
    name: Option<&str>,
) -> Result<Resolved> {
    let Some(first) = identities.first() else { return Ok(Resolved::Archived) };
    let mut found = queries::contacts_of(conn, channel, identities)?;
    if found.is_empty() {
        // Another process may be creating the same contact.
        queries::lock_values(conn, channel, identities)?;
        found = queries::contacts_of(conn, channel, identities)?;
    }
    let contact = match found.first() {
        Some(contact) => *contact,
        None => {
            let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&first.value);
            queries::create(conn, channel, first, name)?
        }
    };
    if queries::lock(conn, contact)?.is_none() {
        return Ok(Resolved::Archived);
    }
    queries::attach(conn, channel, contact, identities)?;
    Ok(Resolved::Contact(contact))
}
