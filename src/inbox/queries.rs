//! SQL of the inbox: storing, claiming and ending a row. Text, because it takes advisory locks, and reads the
//! database's clock.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::{ChannelKind, IdentityKind};
use crate::contacts::identities::Identity;
use crate::db::{self, clock_timestamp};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, InboxId};
use crate::schema::{contact_identities, inbox};

/// How long a process may take to read a row.
const CLAIM: &str = "interval '120 seconds'";

/// Writes a row. Returns `false` if there is one with this id.
pub fn insert(
    conn: &mut PgConnection,
    channel: ChannelId,
    provider_id: &str,
    payload: &[u8],
) -> Result<bool> {
    let written = db::prepared(
        "INSERT INTO inbox (channel_id, provider_id, payload) VALUES ($1, $2, $3)
         ON CONFLICT (channel_id, provider_id) DO NOTHING",
    )
    .bind(channel)
    .bind(provider_id)
    .bind(payload)
    .execute(conn)?;
    Ok(written == 1)
}

/// The channels with a row that is due to be read, and of which nobody reads a row now.
pub fn channels(conn: &mut PgConnection) -> Result<Vec<ChannelId>> {
    Ok(db::prepared(
        "SELECT ch.id FROM channels ch
          WHERE ch.deactivated_at IS NULL
            AND EXISTS (SELECT FROM inbox i
                         WHERE i.channel_id = ch.id AND i.taken_at IS NULL AND i.problem IS NULL
                           AND i.next_try_at <= clock_timestamp())
            AND NOT EXISTS (SELECT FROM inbox i
                             WHERE i.channel_id = ch.id AND i.taken_at IS NULL AND i.problem IS NULL
                               AND i.claimed_until > clock_timestamp())
          ORDER BY ch.id",
    )
    .load(conn)?)
}

/// Lets one transaction at a time claim and take the rows of a channel.
pub fn lock_channel(conn: &mut PgConnection, channel: ChannelId) -> Result<()> {
    db::prepared("SELECT pg_advisory_xact_lock(hashtext('pontual.inbox'), hashint8($1))")
        .bind(channel)
        .execute(conn)?;
    Ok(())
}

db::row! {
    /// A row that this process reads.
    #[derive(Clone, Debug)]
    pub struct Claimed {
        pub id: InboxId,
        pub kind: ChannelKind,
        pub settings: serde_json::Value,
        pub provider_id: String,
        pub payload: Vec<u8>,
        /// With this one.
        pub tries: i32,
    }
}

/// Gives up the rows that were tried `tries` times and that nobody reads: the last process that read them died with them.
pub fn give_up(conn: &mut PgConnection, channel: ChannelId, tries: i32, problem: &str) -> Result<()> {
    db::prepared(
        "UPDATE inbox SET problem = left($3, 500), claimed_until = NULL
          WHERE channel_id = $1 AND taken_at IS NULL AND problem IS NULL AND next_try_at <= clock_timestamp()
            AND tries >= $2 AND coalesce(claimed_until < clock_timestamp(), true)",
    )
    .bind(channel)
    .bind(tries)
    .bind(problem)
    .execute(conn)?;
    Ok(())
}

/// Claims the channel's first row that is due. `None` if there is none, or if another process reads a row of the
/// channel.
pub fn claim(conn: &mut PgConnection, channel: ChannelId) -> Result<Option<Claimed>> {
    lock_channel(conn, channel)?;
    Ok(db::prepared(format!(
        "UPDATE inbox i
            SET tries = tries + 1, claimed_until = clock_timestamp() + {CLAIM}
           FROM channels ch
          WHERE ch.id = i.channel_id AND ch.deactivated_at IS NULL
            AND i.id = (SELECT id FROM inbox
                         WHERE channel_id = $1 AND taken_at IS NULL AND problem IS NULL
                           AND next_try_at <= clock_timestamp()
                         ORDER BY id LIMIT 1)
            AND NOT EXISTS (SELECT FROM inbox
                             WHERE channel_id = $1 AND taken_at IS NULL AND problem IS NULL
                               AND claimed_until > clock_timestamp())
         RETURNING i.id, ch.kind, ch.settings, i.provider_id, i.payload, i.tries"
    ))
    .bind(channel)
    .get_result(conn)
    .optional()?)
}

/// Locks a row that nobody has taken yet. Returns `false` if it was taken, or given up.
pub fn lock(conn: &mut PgConnection, id: InboxId) -> Result<bool> {
    let waiting: Option<InboxId> = db::prepared(
        "SELECT id FROM inbox WHERE id = $1 AND taken_at IS NULL AND problem IS NULL FOR UPDATE",
    )
    .bind(id)
    .get_result(conn)
    .optional()?;
    Ok(waiting.is_some())
}

/// Ends a row: its content is in the thread, or is none of our business. Its id stays, so that a repetition is known.
pub fn set_taken(conn: &mut PgConnection, id: InboxId) -> Result<()> {
    db::prepared(
        "WITH taken AS (
            UPDATE inbox SET taken_at = clock_timestamp(), payload = '', claimed_until = NULL, problem = NULL
             WHERE id = $1 RETURNING channel_id)
         UPDATE channel_states SET last_received_at = clock_timestamp()
          WHERE channel_id = (SELECT channel_id FROM taken)",
    )
    .bind(id)
    .execute(conn)?;
    Ok(())
}

/// Lets the row wait for its next try. `counts` tells whether this try counts.
pub fn set_waiting(conn: &mut PgConnection, id: InboxId, pause_ms: i64, counts: bool) -> Result<()> {
    db::prepared(
        "UPDATE inbox
            SET next_try_at = clock_timestamp() + $2 * interval '1 millisecond', claimed_until = NULL,
                tries = tries - CASE WHEN $3 THEN 0 ELSE 1 END
          WHERE id = $1",
    )
    .bind(id)
    .bind(pause_ms)
    .bind(counts)
    .execute(conn)?;
    Ok(())
}

/// Gives the row up until a person looks at it. Its content stays.
pub fn set_problem(conn: &mut PgConnection, id: InboxId, problem: &str) -> Result<()> {
    db::prepared("UPDATE inbox SET problem = left($2, 500), claimed_until = NULL WHERE id = $1")
        .bind(id)
        .bind(problem)
        .execute(conn)?;
    Ok(())
}

/// Whether a customer's message with this id is in a thread.
pub fn is_taken(conn: &mut PgConnection, channel: ChannelId, provider_id: &str) -> Result<bool> {
    Ok(db::prepared("SELECT EXISTS (SELECT FROM messages WHERE channel_id = $1 AND provider_id = $2)")
        .bind(channel)
        .bind(provider_id)
        .get_result(conn)?)
}

/// The contact of the newest of our messages that the service knows by one of `answers`. An anonymised contact must not get
/// an address back.
pub fn contact_of_answer(
    conn: &mut PgConnection,
    channel: ChannelId,
    answers: &[String],
) -> Result<Option<ContactId>> {
    Ok(db::prepared(
        "SELECT o.contact_id FROM outbox o JOIN contacts c ON c.id = o.contact_id
          WHERE o.channel_id = $1 AND o.provider_id = ANY($2) AND c.anonymised_at IS NULL
          ORDER BY o.message_id DESC LIMIT 1",
    )
    .bind(channel)
    .bind(answers)
    .get_result(conn)
    .optional()?)
}

/// The identities of a contact, each with its channel.
pub fn identities_by_channel(
    conn: &mut PgConnection,
    contact: ContactId,
) -> Result<Vec<(ChannelId, Identity)>> {
    let rows: Vec<(ChannelId, IdentityKind, String)> = contact_identities::table
        .filter(contact_identities::contact_id.eq(contact))
        .order(contact_identities::id)
        .select((contact_identities::channel_id, contact_identities::kind, contact_identities::value))
        .load(conn)?;
    Ok(rows.into_iter().map(|(channel, kind, value)| (channel, Identity { kind, value })).collect())
}

db::row! {
    /// A row that still has its content.
    #[derive(Clone, Debug)]
    pub struct Untaken {
        pub id: InboxId,
        pub channel_id: ChannelId,
        pub kind: ChannelKind,
    }
}

/// The rows with content on the channels on which the contact is known, in the order in which they are locked.
pub fn untaken(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<Untaken>> {
    // SQL text: those that wait and those with a problem stand in an index each.
    Ok(db::prepared(
        "WITH known AS (SELECT DISTINCT channel_id FROM contact_identities WHERE contact_id = $1),
         untaken AS (
            SELECT id, channel_id FROM inbox JOIN known USING (channel_id)
             WHERE taken_at IS NULL AND problem IS NULL AND octet_length(payload) > 0
            UNION ALL
            SELECT id, channel_id FROM inbox JOIN known USING (channel_id)
             WHERE problem IS NOT NULL AND octet_length(payload) > 0)
         SELECT u.id, u.channel_id, ch.kind FROM untaken u JOIN channels ch ON ch.id = u.channel_id ORDER BY u.id",
    )
    .bind(contact)
    .load(conn)?)
}

/// The content of a row; `None` if it was taken meanwhile.
pub fn payload(conn: &mut PgConnection, id: InboxId) -> Result<Option<Vec<u8>>> {
    let row = inbox::table.find(id).filter(inbox::taken_at.is_null());
    Ok(row.select(inbox::payload).first(conn).optional()?)
}

/// Ends a row without taking it.
pub fn erase(conn: &mut PgConnection, id: InboxId) -> Result<()> {
    diesel::update(inbox::table.find(id).filter(inbox::taken_at.is_null()))
        .set((
            inbox::taken_at.eq(clock_timestamp().nullable()),
            inbox::payload.eq(&[][..] as &[u8]),
            inbox::problem.eq(None::<String>),
            inbox::claimed_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)?;
    Ok(())
}
