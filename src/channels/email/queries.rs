//! SQL of fetching mail: the mailboxes, and how far each was read. Text, because it compares JSON values and reads the
//! database's clock.

use chrono::NaiveDate;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::db;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::schema::channel_states;

/// How far the mailbox of a channel was read: `channel_states.receiving`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receiving {
    /// UIDs hold only as long as this is the same. 0 before the mailbox was first opened.
    pub uid_validity: u32,
    /// The last UID that was read.
    pub uid: u32,
    /// The day of the last change. If the UIDs are no longer valid, mails are read again from this day on; those that
    /// were taken already are known by their Message-ID.
    pub day: Option<NaiveDate>,
    /// How often the server has refused the mail after `uid`.
    pub failures: u32,
}

db::row! {
    /// A channel whose mail is fetched.
    #[derive(Clone, Debug, PartialEq)]
    pub struct FetchedChannel {
        pub id: ChannelId,
        pub settings: Value,
        pub secrets: Option<Vec<u8>>,
    }
}

/// How long a process that stopped without a word keeps others from a mailbox. The process renews it more often.
const WATCH: &str = "interval '20 seconds'";

/// The active e-mail channels with a server for incoming mail that `process` watches from now on: those that no other
/// process watches.
pub fn watch(conn: &mut PgConnection, process: Uuid) -> Result<Vec<FetchedChannel>> {
    // SQL text: claims and reads in one statement.
    Ok(db::prepared(format!(
        "WITH watched AS (
            UPDATE channel_states st SET watched_by = $1, watched_until = clock_timestamp() + {WATCH}
              FROM channels ch
             WHERE ch.id = st.channel_id AND ch.kind = 'email' AND ch.deactivated_at IS NULL
               AND coalesce(ch.settings ->> 'imap_host', '') <> ''
               AND (st.watched_by = $1 OR coalesce(st.watched_until < clock_timestamp(), true))
            RETURNING st.channel_id)
         SELECT ch.id, ch.settings, ch.secrets FROM channels ch JOIN watched ON watched.channel_id = ch.id
          ORDER BY ch.id"
    ))
    .bind(process)
    .load(conn)?)
}

/// Lets other processes watch the mailboxes of this one at once.
pub fn end_watch(conn: &mut PgConnection, process: Uuid) -> Result<()> {
    db::prepared("UPDATE channel_states SET watched_by = NULL, watched_until = NULL WHERE watched_by = $1")
        .bind(process)
        .execute(conn)?;
    Ok(())
}

pub fn receiving(conn: &mut PgConnection, channel: ChannelId) -> Result<Receiving> {
    let stored: Value = db::prepared("SELECT receiving FROM channel_states WHERE channel_id = $1")
        .bind(channel)
        .get_result(conn)?;
    Ok(serde_json::from_value(stored).unwrap_or_default())
}

/// Records how far the mailbox was read. If another process has read further, that stays.
pub fn set_receiving(conn: &mut PgConnection, channel: ChannelId, receiving: Receiving) -> Result<()> {
    let value = serde_json::to_value(receiving).map_err(Error::unexpected)?;
    db::prepared(
        "UPDATE channel_states SET receiving = $2, last_received_at = clock_timestamp()
          WHERE channel_id = $1
            AND NOT ((receiving ->> 'uid_validity') IS NOT DISTINCT FROM ($2 ->> 'uid_validity')
                     AND coalesce((receiving ->> 'uid')::bigint > ($2 ->> 'uid')::bigint, false))",
    )
    .bind(channel)
    .bind(value)
    .execute(conn)?;
    Ok(())
}

/// The mailbox was looked at.
pub fn set_looked_at(conn: &mut PgConnection, channel: ChannelId) -> Result<()> {
    db::prepared(
        "UPDATE channel_states
            SET last_received_at = clock_timestamp(), receiving_failing_since = NULL, receiving_error = ''
          WHERE channel_id = $1",
    )
    .bind(channel)
    .execute(conn)?;
    Ok(())
}

/// Shows that mail cannot be fetched. Sending goes on.
pub fn set_error(conn: &mut PgConnection, channel: ChannelId, error: &str) -> Result<()> {
    db::prepared(
        "UPDATE channel_states
            SET receiving_failing_since = coalesce(receiving_failing_since, clock_timestamp()),
                receiving_error = left($2, 500)
          WHERE channel_id = $1",
    )
    .bind(channel)
    .bind(error)
    .execute(conn)?;
    Ok(())
}

/// The sealed refresh token that the provider gave last, if it ever gave one.
pub fn renewed_token(conn: &mut PgConnection, channel: ChannelId) -> Result<Option<Vec<u8>>> {
    Ok(channel_states::table.find(channel).select(channel_states::renewed_token).first(conn)?)
}

pub fn set_renewed_token(conn: &mut PgConnection, channel: ChannelId, sealed: &[u8]) -> Result<()> {
    let token = channel_states::renewed_token.eq(sealed);
    diesel::update(channel_states::table.find(channel)).set(token).execute(conn)?;
    Ok(())
}

/// Shows in the inbox that a mail was skipped.
pub fn store_problem(
    conn: &mut PgConnection,
    channel: ChannelId,
    provider_id: &str,
    problem: &str,
) -> Result<()> {
    db::prepared(
        "INSERT INTO inbox (channel_id, provider_id, payload, problem) VALUES ($1, $2, '', left($3, 500))
         ON CONFLICT DO NOTHING",
    )
    .bind(channel)
    .bind(provider_id)
    .bind(problem)
    .execute(conn)?;
    Ok(())
}
