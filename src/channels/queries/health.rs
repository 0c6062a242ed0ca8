//! How channels are doing, and pausing them. Text, because the counts stop at a limit.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::COUNT_LIMIT;
use crate::channels::ChannelKind;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, UserId};

db::row! {
    /// The state of a channel that hands messages over. Each count stops at `COUNT_LIMIT` + 1.
    #[derive(Clone, Debug)]
    pub struct StateRow {
        pub channel_id: ChannelId,
        pub kind: ChannelKind,
        pub now: DateTime<Utc>,
        pub paused_at: Option<DateTime<Utc>>,
        pub paused_by: Option<String>,
        pub failing_since: Option<DateTime<Utc>>,
        pub broken_until: Option<DateTime<Utc>>,
        pub last_success_at: Option<DateTime<Utc>>,
        pub last_error_at: Option<DateTime<Utc>>,
        pub last_error: String,
        pub last_received_at: Option<DateTime<Utc>>,
        pub receiving_failing_since: Option<DateTime<Utc>>,
        pub receiving_error: String,
        pub queued: i64,
        pub oldest_queued_at: Option<DateTime<Utc>>,
        pub next_attempt_at: Option<DateTime<Utc>>,
        pub failed: i64,
        pub uncertain: i64,
        pub unread: i64,
    }
}

const STATE: &str = "SELECT st.channel_id, ch.kind, clock_timestamp() AS now, st.paused_at, u.name AS paused_by, st.failing_since,
        CASE WHEN st.broken_until > clock_timestamp() THEN st.broken_until END AS broken_until,
        st.last_success_at, st.last_error_at, st.last_error, st.last_received_at, st.receiving_failing_since, st.receiving_error,
        queue.queued, queue.oldest_queued_at, queue.next_attempt_at,
        (SELECT count(*) FROM (SELECT FROM outbox o WHERE o.channel_id = st.channel_id AND o.state = 'failed'
          ORDER BY o.channel_id, o.ended_at LIMIT $1) n) AS failed,
        (SELECT count(*) FROM (SELECT FROM outbox o WHERE o.channel_id = st.channel_id AND o.state = 'uncertain'
          ORDER BY o.channel_id, o.ended_at LIMIT $1) n) AS uncertain,
        (SELECT count(*) FROM (SELECT FROM inbox i WHERE i.channel_id = st.channel_id AND i.problem IS NOT NULL
          ORDER BY i.channel_id, i.id LIMIT $1) n) AS unread
   FROM channel_states st
   JOIN channels ch ON ch.id = st.channel_id
   LEFT JOIN users u ON u.id = st.paused_by
  CROSS JOIN LATERAL (
     SELECT least(count(*), $1) AS queued, min(queued_at) AS oldest_queued_at, min(next_attempt_at) AS next_attempt_at
       FROM outbox o WHERE o.channel_id = st.channel_id AND o.state = 'queued') queue
  WHERE ch.kind <> 'web_chat'";

/// The state of every channel that hands messages over.
pub fn states(conn: &mut PgConnection) -> Result<Vec<StateRow>> {
    Ok(db::prepared(STATE).bind(COUNT_LIMIT + 1).load(conn)?)
}

/// # Errors
/// `NotFound` if the channel hands nothing over.
pub fn state(conn: &mut PgConnection, channel: ChannelId) -> Result<StateRow> {
    Ok(db::prepared(format!("{STATE} AND st.channel_id = $2"))
        .bind(COUNT_LIMIT + 1)
        .bind(channel)
        .get_result(conn)?)
}

/// Number of messages in the channel's queue, up to `COUNT_LIMIT` + 1.
pub fn counts_in_queue(conn: &mut PgConnection, channel: ChannelId) -> Result<i64> {
    Ok(db::prepared(
        "SELECT count(*) FROM (SELECT FROM outbox WHERE channel_id = $1 AND state = 'queued'
           ORDER BY channel_id, next_attempt_at LIMIT $2) n",
    )
    .bind(channel)
    .bind(COUNT_LIMIT + 1)
    .get_result(conn)?)
}

/// `false` if it is paused already.
pub fn pause(conn: &mut PgConnection, channel: ChannelId, by: UserId) -> Result<bool> {
    let paused = db::prepared(
        "UPDATE channel_states SET paused_at = clock_timestamp(), paused_by = $2
          WHERE channel_id = $1 AND paused_at IS NULL",
    )
    .bind(channel)
    .bind(by)
    .execute(conn)?;
    Ok(paused == 1)
}

/// `false` if it is not paused.
pub fn end_pause(conn: &mut PgConnection, channel: ChannelId) -> Result<bool> {
    keep_age(conn, channel)?;
    let resumed = db::prepared(
        "UPDATE channel_states SET paused_at = NULL, paused_by = NULL
          WHERE channel_id = $1 AND paused_at IS NOT NULL",
    )
    .bind(channel)
    .execute(conn)?;
    Ok(resumed == 1)
}

/// Before a channel sends again: its messages are as old as they were when it was paused or deactivated. Those being sent are
/// left alone: a worker that records a result holds their lock while it waits for the channel's.
pub fn keep_age(conn: &mut PgConnection, channel: ChannelId) -> Result<()> {
    db::prepared(
        "UPDATE outbox o
            SET queued_at = o.queued_at
                + (clock_timestamp() - greatest(o.queued_at, least(st.paused_at, ch.deactivated_at)))
           FROM channels ch JOIN channel_states st ON st.channel_id = ch.id
          WHERE ch.id = $1 AND o.channel_id = ch.id AND o.state = 'queued' AND o.lease IS NULL
            AND least(st.paused_at, ch.deactivated_at) IS NOT NULL",
    )
    .bind(channel)
    .execute(conn)?;
    Ok(())
}

/// Makes the whole queue due, for a person has repaired or resumed the channel.
pub fn retry_now(conn: &mut PgConnection, channel: ChannelId) -> Result<()> {
    db::prepared("UPDATE channel_states SET broken_until = NULL WHERE channel_id = $1")
        .bind(channel)
        .execute(conn)?;
    db::prepared(
        "UPDATE outbox SET next_attempt_at = clock_timestamp()
          WHERE channel_id = $1 AND state = 'queued' AND lease IS NULL AND next_attempt_at > clock_timestamp()",
    )
    .bind(channel)
    .execute(conn)?;
    Ok(())
}
