//! SQL of identities.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::Identity;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId};

/// The contacts that have one of `identities` on the channel, the oldest first. Telephone numbers are compared by their
/// key, so that a Brazilian mobile number is found with and without its ninth digit.
pub fn contacts_of(
    conn: &mut PgConnection,
    channel: ChannelId,
    identities: &[Identity],
) -> Result<Vec<ContactId>> {
    let kinds: Vec<_> = identities.iter().map(|identity| identity.kind).collect();
    let values: Vec<_> = identities.iter().map(|identity| identity.value.as_str()).collect();
    Ok(db::prepared(
        "SELECT DISTINCT i.contact_id FROM unnest($2, $3) AS asked (kind, value)
           JOIN contact_identities i
             ON i.channel_id = $1
            AND (i.kind = asked.kind AND i.value = asked.value
                 OR asked.kind = 'phone' AND i.match_key = phone_match_key(asked.value))
          ORDER BY i.contact_id",
    )
    .bind(channel)
    .bind(kinds)
    .bind(values)
    .load(conn)?)
}

/// Locks a contact that may receive messages. `None` if it is archived.
pub fn lock(conn: &mut PgConnection, contact: ContactId) -> Result<Option<ContactId>> {
    use crate::schema::contacts;
    Ok(contacts::table
        .find(contact)
        .filter(contacts::archived_at.is_null())
        .select(contacts::id)
        .for_no_key_update()
        .first(conn)
        .optional()?)
}

/// A new contact. The name is what the service says, else the id itself.
pub fn create(
    conn: &mut PgConnection,
    channel: ChannelId,
    identity: &Identity,
    name: &str,
) -> Result<ContactId> {
    let is = |kind| if identity.kind == kind { identity.value.as_str() } else { "" };
    Ok(db::prepared(
        "INSERT INTO contacts (channel_id, address, name, phone, email) VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(channel)
    .bind(&identity.value)
    .bind(name)
    .bind(is(crate::channels::IdentityKind::Phone))
    .bind(is(crate::channels::IdentityKind::Email))
    .get_result(conn)?)
}

/// Adds the identities that the contact does not have yet.
pub fn attach(
    conn: &mut PgConnection,
    channel: ChannelId,
    contact: ContactId,
    identities: &[Identity],
) -> Result<()> {
    let kinds: Vec<_> = identities.iter().map(|identity| identity.kind).collect();
    let values: Vec<_> = identities.iter().map(|identity| identity.value.as_str()).collect();
    db::prepared(
        "INSERT INTO contact_identities (contact_id, channel_id, kind, value)
         SELECT $1, $2, asked.kind, asked.value FROM unnest($3, $4) AS asked (kind, value)
         ON CONFLICT DO NOTHING",
    )
    .bind(contact)
    .bind(channel)
    .bind(&kinds)
    .bind(&values)
    .execute(conn)?;
    db::prepared(
        "UPDATE contact_identities i SET seen_at = clock_timestamp()
           FROM unnest($3, $4) AS asked (kind, value)
          WHERE i.contact_id = $1 AND i.channel_id = $2 AND i.kind = asked.kind
            AND (i.value = asked.value OR i.match_key = phone_match_key(asked.value))",
    )
    .bind(contact)
    .bind(channel)
    .bind(&kinds)
    .bind(&values)
    .execute(conn)?;
    Ok(())
}
