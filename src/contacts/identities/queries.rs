//! SQL of identities: who has one, and attaching and changing them. Most of it is text, because it compares with a
//! list of kinds and values, and with the key of a telephone number (`phone_match_key`).

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::Identity;
use crate::channels::IdentityKind;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId};
use crate::schema::contact_identities;

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

db::row! {
    /// An identity, as the contact's page shows it.
    #[derive(Clone, Debug)]
    pub struct ContactIdentity {
        pub kind: IdentityKind,
        pub value: String,
        pub channel: String,
        /// When the customer last wrote from it, and when a message to it last arrived.
        pub seen_at: Option<DateTime<Utc>>,
        pub worked_at: Option<DateTime<Utc>>,
    }
}

/// The identities of a contact, in the order in which they became known.
pub fn identities_of(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<ContactIdentity>> {
    Ok(db::prepared(
        "SELECT i.kind, i.value, ch.name AS channel, i.seen_at, i.worked_at
           FROM contact_identities i JOIN channels ch ON ch.id = i.channel_id
          WHERE i.contact_id = $1 ORDER BY i.id",
    )
    .bind(contact)
    .load(conn)?)
}

/// Until the end of the transaction, no other one creates a contact with one of `identities`.
pub fn lock_values(conn: &mut PgConnection, channel: ChannelId, identities: &[Identity]) -> Result<()> {
    let values: Vec<_> = identities.iter().map(|identity| identity.value.as_str()).collect();
    // The locks are taken in order, so that two payloads do not wait for
    // each other.
    db::prepared(
        "SELECT pg_advisory_xact_lock(key)
           FROM (SELECT DISTINCT hashtextextended('pontual.identity:' || $1::bigint || ':' || phone_match_key(value), 0)
                   FROM unnest($2) AS value ORDER BY 1) AS keys (key)",
    )
    .bind(channel)
    .bind(values)
    .execute(conn)?;
    Ok(())
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

/// A new contact without identities. Its telephone number has the ninth digit of a Brazilian mobile number, as a form
/// asks for it.
pub fn create(
    conn: &mut PgConnection,
    channel: ChannelId,
    identity: &Identity,
    name: &str,
) -> Result<ContactId> {
    let is = |kind| if identity.kind == kind { identity.value.as_str() } else { "" };
    Ok(db::prepared(
        r"INSERT INTO contacts (channel_id, name, phone, email)
          VALUES ($1, $2, regexp_replace($3, '^\+55([1-9][0-9])([6-9][0-9]{7})$', '+55\19\2'), $4) RETURNING id",
    )
    .bind(channel)
    .bind(name)
    .bind(is(IdentityKind::Phone))
    .bind(is(IdentityKind::Email))
    .get_result(conn)?)
}

/// Gives the contact an identity.
///
/// # Errors
/// Violates one of [`super::IDENTITY_KEYS`] if a contact on the channel has it.
pub fn add(
    conn: &mut PgConnection,
    channel: ChannelId,
    contact: ContactId,
    identity: &Identity,
) -> Result<()> {
    diesel::insert_into(contact_identities::table)
        .values((
            contact_identities::contact_id.eq(contact),
            contact_identities::channel_id.eq(channel),
            contact_identities::kind.eq(identity.kind),
            contact_identities::value.eq(&identity.value),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes the address of a locked contact to `typed` on `channel`. The caller saves the contact afterwards: this
/// reads its channel, number and e-mail address as they were.
///
/// On another channel the old addresses mean nothing, so they go, except if the contact was already known there. On the
/// same channel `typed` replaces the address that the form showed. A number in another spelling stays as the service
/// gave it.
///
/// # Errors
/// Violates one of [`super::IDENTITY_KEYS`] if another contact has the address.
pub fn change(
    conn: &mut PgConnection,
    contact: ContactId,
    channel: ChannelId,
    typed: Option<&Identity>,
) -> Result<()> {
    db::prepared(
        "DELETE FROM contact_identities i USING contacts c
          WHERE c.id = $1 AND i.contact_id = c.id AND i.channel_id = c.channel_id AND c.channel_id <> $2
            AND NOT EXISTS (SELECT FROM contact_identities known WHERE known.contact_id = $1 AND known.channel_id = $2)",
    )
    .bind(contact)
    .bind(channel)
    .execute(conn)?;
    let Some(typed) = typed else { return Ok(()) };
    let is_known: bool = db::prepared(
        "SELECT EXISTS (SELECT FROM contact_identities
                         WHERE contact_id = $1 AND channel_id = $2 AND kind = $3
                           AND (value = $4 OR match_key = phone_match_key($4)))",
    )
    .bind(contact)
    .bind(channel)
    .bind(typed.kind)
    .bind(&typed.value)
    .get_result(conn)?;
    if is_known {
        return Ok(());
    }
    let replaced = db::prepared(
        "UPDATE contact_identities i SET value = $4, seen_at = NULL, worked_at = NULL FROM contacts c
          WHERE c.id = $1 AND i.contact_id = c.id AND i.channel_id = $2 AND i.kind = $3
            AND (i.value = c.email OR i.match_key = phone_match_key(c.phone))",
    )
    .bind(contact)
    .bind(channel)
    .bind(typed.kind)
    .bind(&typed.value)
    .execute(conn)?;
    if replaced == 0 {
        add(conn, channel, contact, typed)?;
    }
    Ok(())
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
