//! Finds the contact that wrote, by every id of a message. If the ids belong to several contacts, the message proves
//! that these are the same customer, and they are merged.

use diesel::pg::PgConnection;

use super::{Identity, queries};
use crate::contacts::form::NAME_LIMIT;
use crate::contacts::merge::merge_automatically;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ContactId};

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    Contact(ContactId),
    /// The contact is archived, so the message is not accepted.
    Archived,
}

/// Finds the contact that has one of `identities` on the channel, or creates it. Locks it, and attaches the
/// identities that it lacks. The first of `identities` is the address to which answers go.
///
/// Messages with the same ids wait for each other here, so that two of them do not make two contacts.
///
/// # Errors
/// `Unexpected` if `identities` is empty: every service names who sent a message.
pub fn resolve(
    conn: &mut PgConnection,
    channel: ChannelId,
    identities: &[Identity],
    name: Option<&str>,
) -> Result<Resolved> {
    let first = identities.first().ok_or_else(|| Error::unexpected("a message without a sender"))?;
    queries::lock_values(conn, channel, identities)?;
    let mut found = queries::contacts_of(conn, channel, identities)?;
    loop {
        let contact = match found.as_slice() {
            [] => {
                let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&first.value);
                // An address may be longer than a name.
                let name: String = name.chars().take(NAME_LIMIT).collect();
                Some(queries::create(conn, channel, first, &name)?)
            }
            [contact] => Some(*contact),
            several => merge_automatically(conn, several)?,
        };
        if let Some(contact) = contact
            && queries::lock(conn, contact)?.is_some()
        {
            queries::attach(conn, channel, contact, identities)?;
            return Ok(Resolved::Contact(contact));
        }
        // A person may have merged the contact into another one before the lock.
        let now = queries::contacts_of(conn, channel, identities)?;
        if now == found {
            return Ok(Resolved::Archived);
        }
        found = now;
    }
}
