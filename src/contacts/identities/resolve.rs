//! Finds the contact that wrote, by every id of a payload. If the ids are those of several contacts, the payload proves that
//! they are the same customer, and they are merged.

use diesel::pg::PgConnection;

use super::{Identity, queries};
use crate::contacts::merge::merge_automatically;
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
///
/// Takes payloads with the same ids one after the other, so that two of them do not make two contacts.
pub fn resolve(
    conn: &mut PgConnection,
    channel: ChannelId,
    identities: &[Identity],
    name: Option<&str>,
) -> Result<Resolved> {
    let Some(first) = identities.first() else { return Ok(Resolved::Archived) };
    queries::lock_values(conn, channel, identities)?;
    let mut found = queries::contacts_of(conn, channel, identities)?;
    loop {
        let contact = match found.as_slice() {
            [] => {
                let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&first.value);
                Some(queries::create(conn, channel, first, name)?)
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
