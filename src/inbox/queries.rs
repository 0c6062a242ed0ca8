//! SQL of the inbox: storing, claiming and ending a row. Text, because it takes advisory locks, and reads the
//! database's clock.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::ChannelKind;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, InboxId};

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

/// The contact of the newest of our messages that the service knows by one of `answers`.
pub fn contact_of_answer(
    conn: &mut PgConnection,
    channel: ChannelId,
    answers: &[String],
) -> Result<Option<ContactId>> {
    Ok(db::prepared(
        "SELECT contact_id FROM outbox WHERE channel_id = $1 AND provider_id = ANY($2)
          ORDER BY message_id DESC LIMIT 1",
    )
    .bind(channel)
    .bind(answers)
    .get_result(conn)
    .optional()?)
}
