//! SQL of the outbox. Text, because it locks with SKIP LOCKED, and reads the database's clock.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use uuid::Uuid;

use super::DeliveryState;
use super::outcome::{AttemptOutcome, Reason};
use crate::channels::{ChannelKind, IdentityKind};
use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::ids::{ChannelId, ContactId, MessageId, ScheduleId, TicketId};

/// How long a worker may take for one attempt. Transports give up sooner.
const LEASE: &str = "interval '150 seconds'";

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

db::row! {
    /// A message that this process has leased.
    #[derive(Clone, Debug)]
    pub struct Leased {
        pub message_id: MessageId,
        pub contact_id: ContactId,
        pub lease: Uuid,
        pub attempt: i32,
        pub queued_at: DateTime<Utc>,
        /// `None` if the contact has no address on the channel.
        pub identity_kind: Option<IdentityKind>,
        pub address: Option<String>,
        pub contact: String,
        pub author: Option<String>,
        pub department: String,
        pub company: String,
        pub protocol: i64,
        pub body: String,
        pub written_at: DateTime<Utc>,
        pub schedule_id: Option<ScheduleId>,
    }
}

/// Leases at most `limit` messages of a channel whose turn it is, and records an attempt for each. Commit before the
/// connection to the service is opened.
pub fn lease(conn: &mut PgConnection, channel: ChannelId, limit: i64) -> Result<Vec<Leased>> {
    Ok(db::prepared(format!(
        "WITH due AS (
            SELECT o.message_id FROM outbox o
              JOIN channel_states st ON st.channel_id = o.channel_id
              JOIN channels ch ON ch.id = o.channel_id
             WHERE o.channel_id = $1 AND o.state = 'queued' AND o.lease IS NULL
               AND o.next_attempt_at <= clock_timestamp()
               AND st.paused_at IS NULL AND coalesce(st.broken_until <= clock_timestamp(), true)
               AND ch.deactivated_at IS NULL
               AND NOT EXISTS (SELECT FROM outbox e
                                WHERE e.contact_id = o.contact_id AND e.channel_id = o.channel_id
                                  AND e.state = 'queued' AND e.message_id < o.message_id)
             ORDER BY o.next_attempt_at, o.message_id LIMIT $2
               FOR UPDATE OF o SKIP LOCKED),
         leased AS (
            UPDATE outbox o
               SET lease = gen_random_uuid(), leased_until = clock_timestamp() + {LEASE}, attempts = o.attempts + 1
              FROM due WHERE o.message_id = due.message_id
            RETURNING o.*),
         begun AS (
            INSERT INTO outbox_attempts (message_id, number, lease)
            SELECT l.message_id,
                   (SELECT coalesce(max(a.number), 0) + 1 FROM outbox_attempts a WHERE a.message_id = l.message_id),
                   l.lease
              FROM leased l
            RETURNING message_id)
         SELECT l.message_id, l.contact_id, l.lease, l.attempts AS attempt, l.queued_at, i.kind AS identity_kind,
                i.value AS address, c.name AS contact, u.name AS author, d.name AS department,
                settings.company_name AS company, t.protocol, m.body, m.created_at AS written_at, m.schedule_id
           FROM leased l
           JOIN begun ON begun.message_id = l.message_id
           JOIN messages m ON m.id = l.message_id
           JOIN tickets t ON t.id = m.ticket_id
           JOIN departments d ON d.id = t.department_id
           JOIN contacts c ON c.id = l.contact_id
           LEFT JOIN contact_identities i ON i.id = l.identity_id
           LEFT JOIN users u ON u.id = m.author_id
          CROSS JOIN settings
          ORDER BY l.next_attempt_at, l.message_id"
    ))
    .bind(channel)
    .bind(limit)
    .load(conn)?)
}

db::row! {
    /// A file of a leased message.
    #[derive(Clone, Debug)]
    pub struct LeasedFile {
        pub file_name: String,
        pub media_type: String,
        pub size: i64,
        pub sha256: ContentHash,
    }
}

pub fn files(conn: &mut PgConnection, message: MessageId) -> Result<Vec<LeasedFile>> {
    Ok(db::prepared(
        "SELECT a.file_name, b.media_type, b.size, b.sha256
           FROM attachments a JOIN blobs b ON b.sha256 = a.sha256
          WHERE a.message_id = $1 ORDER BY a.id",
    )
    .bind(message)
    .load(conn)?)
}

/// Maximum earlier messages that a mail refers to.
const MAX_REFERENCES: i64 = 10;

/// The service's ids of the newest messages of a contact on a channel before `message`, oldest first.
pub fn earlier_ids(
    conn: &mut PgConnection,
    channel: ChannelId,
    contact: ContactId,
    message: MessageId,
) -> Result<Vec<String>> {
    let mut ids: Vec<String> = db::prepared(format!(
        "SELECT coalesce(m.provider_id, o.provider_id)
           FROM messages m LEFT JOIN outbox o ON o.message_id = m.id AND o.channel_id = $1
          WHERE m.contact_id = $2 AND m.id < $3
            AND (o.provider_id IS NOT NULL OR (m.channel_id = $1 AND m.provider_id IS NOT NULL))
          ORDER BY m.id DESC LIMIT {MAX_REFERENCES}"
    ))
    .bind(channel)
    .bind(contact)
    .bind(message)
    .load(conn)?;
    ids.reverse();
    Ok(ids)
}

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
    }
}

/// Locks the row if `lease` is still its lease.
pub fn lock(conn: &mut PgConnection, message: MessageId, lease: Uuid) -> Result<Option<Locked>> {
    Ok(db::prepared(
        "SELECT o.channel_id, ch.kind, o.contact_id, m.schedule_id, o.attempts,
                (SELECT count(*) FROM outbox_attempts a
                  WHERE a.message_id = o.message_id AND a.started_at >= o.queued_at) AS tries,
                (extract(epoch FROM clock_timestamp() - o.queued_at) * 1000)::bigint AS age_ms,
                EXISTS (SELECT FROM outbox_attempts a
                         WHERE a.message_id = o.message_id AND a.outcome = 'unknown' AND a.lease <> $2) AS was_unknown
           FROM outbox o
           JOIN channels ch ON ch.id = o.channel_id
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

/// Stores the id that we chose for a message, before it is written.
pub fn set_fixed_id(conn: &mut PgConnection, message: MessageId, lease: Uuid, id: &str) -> Result<()> {
    db::prepared("UPDATE outbox SET provider_id = $3 WHERE message_id = $1 AND lease = $2")
        .bind(message)
        .bind(lease)
        .bind(id)
        .execute(conn)?;
    Ok(())
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

/// Notifies the attendant of a message that was not delivered, once. If there is none or they are deactivated: the
/// department's active members, else the schedule's creator, else the administrators. Returns the first and last id.
pub fn notify(conn: &mut PgConnection, message: MessageId) -> Result<Option<(i64, i64)>> {
    let ids: (Option<i64>, Option<i64>) = db::prepared(
        "WITH about AS (
            SELECT m.id, m.schedule_id, m.contact_id, t.id AS ticket_id, t.department_id, s.created_by,
                   coalesce(t.attendant_id, s.attendant_id, m.author_id) AS attendant_id
              FROM messages m
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
            INSERT INTO notifications (user_id, kind, schedule_id, message_id, contact_id, ticket_id)
            SELECT user_id, 'message_failed', schedule_id, id, contact_id, ticket_id FROM recipients
             WHERE NOT EXISTS (SELECT FROM notifications n WHERE n.message_id = recipients.id)
            RETURNING id)
         SELECT min(id), max(id) FROM written",
    )
    .bind(message)
    .get_result(conn)?;
    Ok(ids.0.zip(ids.1))
}

/// After this many failures in a row, a channel pauses for a while.
const FAILURES_TO_BREAK: i32 = 3;

/// Records that the channel worked, or did not for its own sake. After some failures in a row, nothing is sent for 30
/// seconds, then a minute, up to 15 minutes.
pub fn record_channel(conn: &mut PgConnection, channel: ChannelId, error: Option<&str>) -> Result<()> {
    match error {
        None => db::prepared(
            "UPDATE channel_states
                SET failures_in_a_row = 0, failing_since = NULL, broken_until = NULL, last_success_at = clock_timestamp()
              WHERE channel_id = $1",
        )
        .bind(channel)
        .execute(conn)?,
        Some(error) => db::prepared(format!(
            "UPDATE channel_states
                SET failures_in_a_row = failures_in_a_row + 1, last_error_at = clock_timestamp(), last_error = $2,
                    failing_since = coalesce(failing_since, clock_timestamp()),
                    broken_until = CASE WHEN failures_in_a_row + 1 >= {FAILURES_TO_BREAK}
                        THEN clock_timestamp() + least(900, 30 * 2 ^ least(failures_in_a_row + 1 - {FAILURES_TO_BREAK}, 10))
                             * interval '1 second' END
              WHERE channel_id = $1"
        ))
        .bind(channel)
        .bind(error)
        .execute(conn)?,
    };
    Ok(())
}

db::row! {
    /// An attempt whose lease ended without a result.
    #[derive(Clone, Copy, Debug)]
    pub struct Expired {
        pub message_id: MessageId,
        pub lease: Uuid,
    }
}

pub fn expired(conn: &mut PgConnection) -> Result<Vec<Expired>> {
    Ok(db::prepared(
        "SELECT message_id, lease FROM outbox
          WHERE state = 'queued' AND leased_until < clock_timestamp() ORDER BY message_id LIMIT 500",
    )
    .load(conn)?)
}

/// Messages that waited for longer than they may, whatever their channel waits for. None of them is being sent.
pub fn too_old(conn: &mut PgConnection, max_age_ms: i64) -> Result<Vec<MessageId>> {
    Ok(db::prepared(
        "SELECT message_id FROM outbox
          WHERE state = 'queued' AND lease IS NULL AND queued_at < clock_timestamp() - $1 * interval '1 millisecond'
          ORDER BY message_id LIMIT 500",
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

/// Locks the message if it still waits.
pub fn lock_too_old(conn: &mut PgConnection, message: MessageId) -> Result<Option<TooOld>> {
    Ok(db::prepared(
        "SELECT o.contact_id, m.schedule_id,
                EXISTS (SELECT FROM outbox_attempts a
                         WHERE a.message_id = o.message_id AND a.outcome = 'unknown') AS was_unknown
           FROM outbox o JOIN messages m ON m.id = o.message_id
          WHERE o.message_id = $1 AND o.state = 'queued' AND o.lease IS NULL
            FOR NO KEY UPDATE OF o",
    )
    .bind(message)
    .get_result(conn)
    .optional()?)
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

/// Puts the message into the queue again, with a fresh age.
pub fn requeue(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared(
        "UPDATE outbox
            SET state = 'queued', reason = NULL, detail = '', attempts = 0, next_attempt_at = clock_timestamp(),
                queued_at = clock_timestamp(), ended_at = NULL
          WHERE message_id = $1",
    )
    .bind(message)
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

pub fn discard(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    db::prepared("UPDATE outbox SET state = 'discarded', ended_at = clock_timestamp() WHERE message_id = $1")
        .bind(message)
        .execute(conn)?;
    Ok(())
}

/// Writes the outbox row of an attendant's message, unless it goes to a web chat. It goes where the customer last wrote or a
/// message last arrived, else by the contact's first connection. If the contact has no address there, the row is written
/// too, and fails. Returns the channel.
pub fn enqueue(conn: &mut PgConnection, message: MessageId) -> Result<Option<ChannelId>> {
    Ok(db::prepared(
        "INSERT INTO outbox (message_id, contact_id, channel_id, identity_id)
         SELECT m.id, m.contact_id, coalesce(i.channel_id, c.channel_id), i.id
           FROM messages m
           JOIN contacts c ON c.id = m.contact_id
           LEFT JOIN LATERAL (
             SELECT i.id, i.channel_id FROM contact_identities i JOIN channels ch ON ch.id = i.channel_id
              WHERE i.contact_id = m.contact_id AND ch.deactivated_at IS NULL
                AND i.kind = identity_kind(ch.kind)
              ORDER BY greatest(i.seen_at, i.worked_at) DESC NULLS LAST, i.channel_id = c.channel_id DESC, i.id
              LIMIT 1) i ON true
           JOIN channels ch ON ch.id = coalesce(i.channel_id, c.channel_id)
          WHERE m.id = $1 AND m.kind = 'attendant' AND ch.kind <> 'web_chat'
         RETURNING channel_id",
    )
    .bind(message)
    .get_result(conn)
    .optional()?)
}
