//! Messages whose turn it is, leased to one worker.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use uuid::Uuid;

use crate::channels::IdentityKind;
use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::ids::{ChannelId, ContactId, MessageId, ScheduleId};

/// How long a worker may take for one attempt. Transports give up sooner.
pub const LEASE: &str = "interval '150 seconds'";

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
