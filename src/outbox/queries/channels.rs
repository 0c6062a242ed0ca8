//! The channels that hand messages over, and how they are doing.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::ChannelKind;
use crate::db;
use crate::error::Result;
use crate::ids::ChannelId;

db::row! {
    /// A channel that hands messages over.
    #[derive(Clone, Debug)]
    pub struct SendingChannel {
        pub id: ChannelId,
        pub kind: ChannelKind,
        pub settings: serde_json::Value,
        pub secrets: Option<Vec<u8>>,
    }
}

/// The active channels that hand messages over.
pub fn channels(conn: &mut PgConnection) -> Result<Vec<SendingChannel>> {
    Ok(db::prepared(
        "SELECT id, kind, settings, secrets FROM channels
          WHERE kind <> 'web_chat' AND deactivated_at IS NULL ORDER BY id",
    )
    .load(conn)?)
}

/// After this many failures in a row, a channel pauses for a while.
const FAILURES_TO_BREAK: i32 = 3;

/// Records that the channel worked, or did not for its own sake. After some failures in a row, nothing is sent for 30
/// seconds, then a minute, up to 15 minutes. A wait that the service asked for, without failures, lasts as long as it said.
pub fn record_channel(conn: &mut PgConnection, channel: ChannelId, error: Option<&str>) -> Result<()> {
    match error {
        None => db::prepared(
            "UPDATE channel_states
                SET broken_until = CASE WHEN failures_in_a_row = 0 THEN broken_until END,
                    failures_in_a_row = 0, failing_since = NULL, last_success_at = clock_timestamp()
              WHERE channel_id = $1",
        )
        .bind(channel)
        .execute(conn)?,
        Some(error) => db::prepared(format!(
            "UPDATE channel_states
                SET failures_in_a_row = failures_in_a_row + 1, last_error_at = clock_timestamp(), last_error = $2,
                    failing_since = coalesce(failing_since, clock_timestamp()),
                    broken_until = greatest(broken_until, CASE WHEN failures_in_a_row + 1 >= {FAILURES_TO_BREAK}
                        THEN clock_timestamp() + least(900, 30 * 2 ^ least(failures_in_a_row + 1 - {FAILURES_TO_BREAK}, 10))
                             * interval '1 second' END)
              WHERE channel_id = $1"
        ))
        .bind(channel)
        .bind(error)
        .execute(conn)?,
    };
    Ok(())
}

/// The service asks to wait: the channel sends nothing meanwhile.
pub fn wait_as_asked(conn: &mut PgConnection, channel: ChannelId, wait_ms: i64) -> Result<()> {
    db::prepared(
        "UPDATE channel_states
            SET broken_until = greatest(broken_until, clock_timestamp() + $2 * interval '1 millisecond')
          WHERE channel_id = $1",
    )
    .bind(channel)
    .bind(wait_ms)
    .execute(conn)?;
    Ok(())
}

/// Milliseconds until the channel's next message may be sent. `None` if nothing waits, or only behind a message of the
/// same contact that is being sent.
pub fn next_in_ms(conn: &mut PgConnection, channel: ChannelId) -> Result<Option<i64>> {
    Ok(db::prepared(
        "SELECT (extract(epoch FROM greatest(min(o.next_attempt_at), min(st.broken_until)) - clock_timestamp()) * 1000)::bigint
           FROM outbox o JOIN channel_states st ON st.channel_id = o.channel_id
          WHERE o.channel_id = $1 AND o.state = 'queued' AND o.lease IS NULL AND st.paused_at IS NULL
            AND NOT EXISTS (SELECT FROM outbox e
                             WHERE e.contact_id = o.contact_id AND e.channel_id = o.channel_id
                               AND e.state = 'queued' AND e.message_id < o.message_id)
         HAVING count(*) > 0",
    )
    .bind(channel)
    .get_result::<Option<i64>>(conn)
    .optional()?
    .flatten())
}
