//! What a person decides about a message that was not delivered.

use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, MessageId, ScheduleId, TicketId};
use crate::outbox::DeliveryState;

/// The ticket of a message in the outbox.
///
/// # Errors
/// `NotFound` if the message is not in the outbox.
pub fn ticket_of(conn: &mut PgConnection, message: MessageId) -> Result<TicketId> {
    Ok(db::prepared(
        "SELECT m.ticket_id FROM outbox o JOIN messages m ON m.id = o.message_id WHERE o.message_id = $1",
    )
    .bind(message)
    .get_result(conn)?)
}

db::row! {
    /// A message that a person wants to send again or give up, locked.
    #[derive(Clone, Copy, Debug)]
    pub struct UndeliveredMessage {
        pub contact_id: ContactId,
        pub schedule_id: Option<ScheduleId>,
        pub state: DeliveryState,
    }
}

/// # Errors
/// `NotFound` if the message is not in the outbox.
pub fn lock_for_person(conn: &mut PgConnection, message: MessageId) -> Result<UndeliveredMessage> {
    Ok(db::prepared(
        "SELECT o.contact_id, m.schedule_id, o.state
           FROM outbox o JOIN messages m ON m.id = o.message_id
          WHERE o.message_id = $1 FOR NO KEY UPDATE OF o",
    )
    .bind(message)
    .get_result(conn)?)
}

/// Puts the message into the queue again, with a fresh age. If it fails again, that is another episode. A message without an
/// address gets one that the contact has by now: on the same channel, or, unless a schedule wrote it, on another.
pub fn requeue(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared(
        "UPDATE outbox o
            SET identity_id = found.identity_id, channel_id = found.channel_id,
                provider_id = CASE WHEN found.channel_id = o.channel_id THEN o.provider_id END
           FROM (SELECT i.id AS identity_id, i.channel_id
                   FROM outbox mine
                   JOIN messages m ON m.id = mine.message_id
                   JOIN contact_identities i ON i.contact_id = mine.contact_id
                   JOIN channels ch ON ch.id = i.channel_id
                  WHERE mine.message_id = $1 AND mine.identity_id IS NULL AND i.kind = identity_kind(ch.kind)
                    AND (i.channel_id = mine.channel_id
                         OR m.schedule_id IS NULL AND ch.deactivated_at IS NULL AND sends_messages(ch.kind))
                  ORDER BY i.channel_id = mine.channel_id DESC, greatest(i.seen_at, i.worked_at) DESC NULLS LAST, i.id
                  LIMIT 1) found
          WHERE o.message_id = $1",
    )
    .bind(message)
    .execute(conn)?;
    db::prepared(
        "UPDATE outbox
            SET state = 'queued', reason = NULL, detail = '', attempts = 0, next_attempt_at = clock_timestamp(),
                queued_at = clock_timestamp(), ended_at = NULL, episode = episode + 1
          WHERE message_id = $1",
    )
    .bind(message)
    .execute(conn)?;
    Ok(())
}

pub fn discard(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared("UPDATE outbox SET state = 'discarded', ended_at = clock_timestamp() WHERE message_id = $1")
        .bind(message)
        .execute(conn)?;
    Ok(())
}
