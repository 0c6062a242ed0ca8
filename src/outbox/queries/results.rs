//! The result of an attempt.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use uuid::Uuid;

use super::leasing::LEASE;
use crate::channels::ChannelKind;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, MessageId, ScheduleId};
use crate::outbox::DeliveryState;
use crate::outbox::outcome::{AttemptOutcome, Reason};

/// What is written when an attempt ends.
#[derive(Clone, Debug)]
pub struct Ended<'a> {
    pub message: MessageId,
    pub lease: Uuid,
    pub outcome: AttemptOutcome,
    pub reason: Option<Reason>,
    pub detail: &'a str,
}

/// Records the result of an attempt. Returns `false` if it has one already: its lease ended.
pub fn end_attempt(conn: &mut PgConnection, ended: &Ended<'_>) -> Result<bool> {
    let written = db::prepared(
        "UPDATE outbox_attempts SET ended_at = clock_timestamp(), outcome = $3, reason = $4, detail = $5
          WHERE message_id = $1 AND lease = $2 AND ended_at IS NULL",
    )
    .bind(ended.message)
    .bind(ended.lease)
    .bind(ended.outcome)
    .bind(ended.reason)
    .bind(ended.detail)
    .execute(conn)?;
    Ok(written == 1)
}

db::row! {
    /// A leased row, locked.
    #[derive(Clone, Copy, Debug)]
    pub struct Locked {
        pub channel_id: ChannelId,
        pub kind: ChannelKind,
        pub contact_id: ContactId,
        pub schedule_id: Option<ScheduleId>,
        pub attempts: i32,
        /// All attempts since it was queued.
        pub tries: i64,
        pub age_ms: i64,
        /// Whether an earlier attempt may have been taken.
        pub was_unknown: bool,
        /// Whether the channel has handed over another message since this one was last tried.
        pub channel_works: bool,
    }
}

/// Locks the row if `lease` is still its lease.
pub fn lock(conn: &mut PgConnection, message: MessageId, lease: Uuid) -> Result<Option<Locked>> {
    Ok(db::prepared(
        "SELECT o.channel_id, ch.kind, o.contact_id, m.schedule_id, o.attempts,
                (SELECT count(*) FROM outbox_attempts a
                  WHERE a.message_id = o.message_id AND a.started_at >= o.queued_at) AS tries,
                (extract(epoch FROM least(clock_timestamp(), st.paused_at, ch.deactivated_at) - o.queued_at) * 1000)::bigint
                    AS age_ms,
                EXISTS (SELECT FROM outbox_attempts a
                         WHERE a.message_id = o.message_id AND a.outcome = 'unknown' AND a.lease <> $2) AS was_unknown,
                coalesce(st.last_success_at > (SELECT max(a.started_at) FROM outbox_attempts a
                                                WHERE a.message_id = o.message_id AND a.lease <> $2
                                                  AND a.started_at >= o.queued_at), false) AS channel_works
           FROM outbox o
           JOIN channels ch ON ch.id = o.channel_id
           JOIN channel_states st ON st.channel_id = o.channel_id
           JOIN messages m ON m.id = o.message_id
          WHERE o.message_id = $1 AND o.lease = $2 AND o.state = 'queued'
            FOR NO KEY UPDATE OF o",
    )
    .bind(message)
    .bind(lease)
    .get_result(conn)
    .optional()?)
}

/// Records the service's id of a message, unless it gave another message the same one.
pub fn set_provider_id(conn: &mut PgConnection, message: MessageId, provider_id: &str) -> Result<()> {
    db::prepared(
        "UPDATE outbox SET provider_id = $2
          WHERE message_id = $1
            AND NOT EXISTS (SELECT FROM outbox other
                             WHERE other.channel_id = outbox.channel_id AND other.provider_id = $2
                               AND other.message_id <> $1)",
    )
    .bind(message)
    .bind(provider_id)
    .execute(conn)?;
    Ok(())
}

pub fn set_sent(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared(
        "WITH sent AS (
            UPDATE outbox
               SET state = 'sent', sent_at = clock_timestamp(), ended_at = clock_timestamp(), reason = NULL, detail = '',
                   lease = NULL, leased_until = NULL
             WHERE message_id = $1 RETURNING identity_id)
         UPDATE contact_identities SET worked_at = clock_timestamp() WHERE id = (SELECT identity_id FROM sent)",
    )
    .bind(message)
    .execute(conn)?;
    Ok(())
}

/// Begins the lease anew, and stores the id that we chose for the message, right before it is handed over. Returns `false`
/// if the lease has ended: then another worker may send the message.
pub fn hold_lease(
    conn: &mut PgConnection,
    message: MessageId,
    lease: Uuid,
    fixed_id: Option<&str>,
) -> Result<bool> {
    let held = db::prepared(format!(
        "UPDATE outbox SET leased_until = clock_timestamp() + {LEASE}, provider_id = coalesce($3, provider_id)
          WHERE message_id = $1 AND lease = $2 AND leased_until > clock_timestamp()"
    ))
    .bind(message)
    .bind(lease)
    .bind(fixed_id)
    .execute(conn)?;
    Ok(held == 1)
}

/// Keeps the row in the queue for another attempt.
pub fn set_waiting(
    conn: &mut PgConnection,
    message: MessageId,
    after_ms: i64,
    reason: Reason,
    detail: &str,
    counts: bool,
) -> Result<()> {
    db::prepared(
        "UPDATE outbox
            SET next_attempt_at = clock_timestamp() + $2 * interval '1 millisecond', reason = $3, detail = $4,
                attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END, lease = NULL, leased_until = NULL
          WHERE message_id = $1",
    )
    .bind(message)
    .bind(after_ms)
    .bind(reason)
    .bind(detail)
    .bind(counts)
    .execute(conn)?;
    Ok(())
}

/// Ends the row as failed or uncertain.
pub fn set_ended(
    conn: &mut PgConnection,
    message: MessageId,
    state: DeliveryState,
    reason: Reason,
    detail: &str,
) -> Result<()> {
    db::prepared(
        "UPDATE outbox
            SET state = $2, reason = $3, detail = $4, ended_at = clock_timestamp(), lease = NULL, leased_until = NULL
          WHERE message_id = $1",
    )
    .bind(message)
    .bind(state)
    .bind(reason)
    .bind(detail)
    .execute(conn)?;
    Ok(())
}

/// Notifies the attendant of a message that was not delivered, once until a person tries it again. If there is none or they
/// are deactivated: the department's active members, else the schedule's creator, else the administrators. Returns the
/// first and last id.
pub fn notify(conn: &mut PgConnection, message: MessageId) -> Result<Option<(i64, i64)>> {
    let ids: (Option<i64>, Option<i64>) = db::prepared(
        "WITH about AS (
            SELECT m.id, m.schedule_id, m.contact_id, o.episode, t.id AS ticket_id, t.department_id, s.created_by,
                   coalesce(t.attendant_id, s.attendant_id, m.author_id) AS attendant_id
              FROM messages m
              JOIN outbox o ON o.message_id = m.id
              JOIN tickets t ON t.id = m.ticket_id
              LEFT JOIN schedules s ON s.id = m.schedule_id
             WHERE m.id = $1),
         recipients AS (
            SELECT about.*, unnest(coalesce(
                (SELECT ARRAY[u.id] FROM users u WHERE u.id = about.attendant_id AND u.deactivated_at IS NULL),
                (SELECT array_agg(u.id ORDER BY u.id)
                   FROM department_members d JOIN users u ON u.id = d.user_id
                  WHERE d.department_id = about.department_id AND u.deactivated_at IS NULL),
                (SELECT ARRAY[u.id] FROM users u WHERE u.id = about.created_by AND u.deactivated_at IS NULL),
                (SELECT array_agg(u.id ORDER BY u.id)
                   FROM roles r JOIN users u ON u.role_id = r.id
                  WHERE r.is_administrator AND u.deactivated_at IS NULL),
                '{}')) AS user_id
              FROM about),
         written AS (
            INSERT INTO notifications (user_id, kind, schedule_id, message_id, contact_id, ticket_id, episode)
            SELECT user_id, 'message_failed', schedule_id, id, contact_id, ticket_id, episode FROM recipients
             WHERE NOT EXISTS (SELECT FROM notifications n
                                WHERE n.message_id = recipients.id AND n.episode = recipients.episode)
            RETURNING id)
         SELECT min(id), max(id) FROM written",
    )
    .bind(message)
    .get_result(conn)?;
    Ok(ids.0.zip(ids.1))
}

/// Messages that have waited for longer than `max_age_ms`, and are not being sent. While their channel is paused or
/// deactivated, messages do not age.
pub fn too_old(conn: &mut PgConnection, max_age_ms: i64) -> Result<Vec<MessageId>> {
    Ok(db::prepared(
        "SELECT o.message_id
           FROM outbox o
           JOIN channels ch ON ch.id = o.channel_id
           JOIN channel_states st ON st.channel_id = o.channel_id
          WHERE o.state = 'queued' AND o.lease IS NULL
            AND o.queued_at < least(clock_timestamp(), st.paused_at, ch.deactivated_at) - $1 * interval '1 millisecond'
          ORDER BY o.message_id LIMIT 500",
    )
    .bind(max_age_ms)
    .load(conn)?)
}

db::row! {
    /// A message that waited for too long, locked.
    #[derive(Clone, Copy, Debug)]
    pub struct TooOld {
        pub contact_id: ContactId,
        pub schedule_id: Option<ScheduleId>,
        /// Whether an earlier attempt may have been taken.
        pub was_unknown: bool,
    }
}

/// Locks the message if it still waits for longer than it may: a person may have tried it again meanwhile.
pub fn lock_too_old(conn: &mut PgConnection, message: MessageId, max_age_ms: i64) -> Result<Option<TooOld>> {
    Ok(db::prepared(
        "SELECT o.contact_id, m.schedule_id,
                EXISTS (SELECT FROM outbox_attempts a
                         WHERE a.message_id = o.message_id AND a.outcome = 'unknown') AS was_unknown
           FROM outbox o
           JOIN messages m ON m.id = o.message_id
           JOIN channels ch ON ch.id = o.channel_id
           JOIN channel_states st ON st.channel_id = o.channel_id
          WHERE o.message_id = $1 AND o.state = 'queued' AND o.lease IS NULL
            AND o.queued_at < least(clock_timestamp(), st.paused_at, ch.deactivated_at) - $2 * interval '1 millisecond'
            FOR NO KEY UPDATE OF o",
    )
    .bind(message)
    .bind(max_age_ms)
    .get_result(conn)
    .optional()?)
}
