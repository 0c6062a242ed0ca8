//! What a service reports about a message later.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::ChannelKind;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, MessageId, ScheduleId};
use crate::outbox::DeliveryState;

db::row! {
    /// A message to which a service's report belongs, locked.
    #[derive(Clone, Copy, Debug)]
    pub struct Reported {
        pub message_id: MessageId,
        pub kind: ChannelKind,
        pub contact_id: ContactId,
        pub schedule_id: Option<ScheduleId>,
        pub state: DeliveryState,
    }
}

/// Locks the message that the service knows by `provider_id`.
pub fn lock_reported(
    conn: &mut PgConnection,
    channel: ChannelId,
    provider_id: &str,
) -> Result<Option<Reported>> {
    Ok(db::prepared(
        "SELECT o.message_id, ch.kind, o.contact_id, m.schedule_id, o.state
           FROM outbox o
           JOIN channels ch ON ch.id = o.channel_id
           JOIN messages m ON m.id = o.message_id
          WHERE o.channel_id = $1 AND o.provider_id = $2
            FOR NO KEY UPDATE OF o",
    )
    .bind(channel)
    .bind(provider_id)
    .get_result(conn)
    .optional()?)
}

/// The service reports that it took the message: the last attempt that nobody knew about was accepted.
pub fn set_attempt_taken(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared(
        "UPDATE outbox_attempts SET outcome = 'accepted', reason = NULL
          WHERE id = (SELECT id FROM outbox_attempts WHERE message_id = $1 AND outcome = 'unknown'
                       ORDER BY number DESC LIMIT 1)",
    )
    .bind(message)
    .execute(conn)?;
    Ok(())
}

/// Records that the service delivered the message, or showed it. An attempt that is in progress is not needed any more.
pub fn set_received(conn: &mut PgConnection, message: MessageId, is_read: bool) -> Result<()> {
    db::prepared(
        "UPDATE outbox_attempts SET ended_at = clock_timestamp(), outcome = 'unknown'
          WHERE message_id = $1 AND ended_at IS NULL",
    )
    .bind(message)
    .execute(conn)?;
    db::prepared(
        "UPDATE outbox
            SET state = CASE WHEN $2 OR state = 'read' THEN 'read' ELSE 'delivered' END,
                sent_at = coalesce(sent_at, clock_timestamp()), delivered_at = coalesce(delivered_at, clock_timestamp()),
                read_at = CASE WHEN $2 THEN coalesce(read_at, clock_timestamp()) ELSE read_at END,
                ended_at = coalesce(ended_at, clock_timestamp()), reason = NULL, detail = '',
                lease = NULL, leased_until = NULL
          WHERE message_id = $1",
    )
    .bind(message)
    .bind(is_read)
    .execute(conn)?;
    Ok(())
}

/// The identity of a message that came back is not preferred any more.
pub fn forget_that_it_worked(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared(
        "UPDATE contact_identities SET worked_at = NULL
          WHERE id = (SELECT identity_id FROM outbox WHERE message_id = $1)",
    )
    .bind(message)
    .execute(conn)?;
    Ok(())
}
