//! SQL of threads: reading a part of one, and writing an entry.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Audience, Message, NewMessage, Part, Window};
use crate::db;
use crate::error::Result;
use crate::files;
use crate::ids::{ContactId, MessageId, ScheduleId, TicketId};
use crate::schedules::is_readable;
use crate::schema::messages;

/// Maximum messages per page of a thread.
pub const MESSAGES_PER_PAGE: usize = 50;

/// Maximum messages when the whole thread is shown.
pub const WHOLE_THREAD_LIMIT: usize = 5_000;

/// A part of the thread with `contact`.
pub fn part(conn: &mut PgConnection, contact: ContactId, audience: Audience, window: Window) -> Result<Part> {
    let (place, order, id) = match window {
        Window::Newest | Window::Whole => ("m.id <= $3", "DESC", MessageId(i64::MAX)),
        Window::Before(id) => ("m.id < $3", "DESC", id),
        Window::After(id) => ("m.id > $3", "ASC", id),
    };
    let most = if window == Window::Whole { WHOLE_THREAD_LIMIT } else { MESSAGES_PER_PAGE };
    let reader = match audience {
        Audience::Team(user) => Some(user),
        Audience::Customer => None,
    };
    // The order and the schedule's readers are parts of SQL text; the builder has no such joins.
    let mut messages: Vec<Message> = db::prepared(format!(
        "SELECT m.id, t.protocol, d.name AS department, m.kind, m.event, u.name AS author,
                s.id AS schedule_id, {readable} AS is_schedule_readable, m.body, m.quoted,
                CASE m.event WHEN 'ticket_opened' THEN (
                    SELECT string_agg(hand.name, ', ' ORDER BY hand.first)
                      FROM (SELECT w.name, min(h.id) AS first
                              FROM schedule_history h JOIN users w ON w.id = h.actor_id
                             WHERE h.schedule_id = s.id GROUP BY w.id, w.name) hand) END AS planned_by,
                m.created_at, m.delivered_at, m.read_at, m.client_key,
                o.state AS delivery, o.reason AS delivery_reason, nullif(o.detail, '') AS delivery_detail,
                CASE o.state WHEN 'queued' THEN greatest(o.next_attempt_at, st.broken_until) WHEN 'sent' THEN o.sent_at
                             WHEN 'delivered' THEN o.delivered_at WHEN 'read' THEN o.read_at
                             ELSE o.ended_at END AS delivery_at, sender.name AS delivery_channel,
                st.paused_at IS NOT NULL OR sender.deactivated_at IS NOT NULL AS is_delivery_stopped
           FROM messages m
           JOIN tickets t ON t.id = m.ticket_id
           JOIN departments d ON d.id = t.department_id
           LEFT JOIN users u ON u.id = m.author_id
           LEFT JOIN outbox o ON o.message_id = m.id
           LEFT JOIN channels sender ON sender.id = o.channel_id
           LEFT JOIN channel_states st ON st.channel_id = o.channel_id
           LEFT JOIN schedules s
             ON s.id = coalesce(m.schedule_id, CASE m.event WHEN 'ticket_opened' THEN t.schedule_id END)
          WHERE m.contact_id = $1 AND ($2 IS NOT NULL OR m.kind IN ('customer', 'attendant')) AND {place}
          ORDER BY m.id {order} LIMIT {limit}",
        readable = is_readable("$2"),
        limit = most + 1
    ))
    .bind(contact)
    .bind(reader)
    .bind(id)
    .load(conn)?;
    let has_more = messages.len() > most;
    messages.truncate(most);
    if !matches!(window, Window::After(_)) {
        messages.reverse();
    }
    let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
    Ok(Part { files: files::queries::of_messages(conn, &ids)?, messages, has_more })
}

/// Writes a message into `ticket` and returns its id, within a transaction that holds the contact's lock.
/// Call [`is_written`] first: this does not detect repetitions.
pub fn write(conn: &mut PgConnection, ticket: TicketId, message: &NewMessage) -> Result<MessageId> {
    let id = match insert(conn, ticket, message, message.client_key)? {
        Some(id) => id,
        None => {
            let key = message.client_key.map(|key| key_of_content(key, message));
            insert(conn, ticket, message, key)?
                .ok_or_else(|| crate::Error::unexpected("the message is written already"))?
        }
    };
    for file in &message.files {
        files::queries::add_to_message(conn, id, file.hash, &file.name)?;
    }
    Ok(id)
}

/// Whether `message` was written already: the same key, the same text and the same files. The same key with
/// another text or other files, as after the browser's "back", is another message.
pub fn is_written(conn: &mut PgConnection, message: &NewMessage) -> Result<bool> {
    let Some(key) = message.client_key else { return Ok(false) };
    let written: Vec<MessageId> = messages::table
        .filter(messages::contact_id.eq(message.contact))
        .filter(messages::client_key.eq_any([key, key_of_content(key, message)]))
        .filter(messages::kind.eq(message.kind))
        .filter(messages::body.eq(message.body.as_str()))
        .select(messages::id)
        .load(conn)?;
    let attached = files::queries::of_messages(conn, &written)?;
    let wanted: BTreeSet<_> = message.files.iter().map(|file| (file.hash, file.name.as_str())).collect();
    Ok(written.iter().any(|id| {
        let files = attached.get(id).into_iter().flatten();
        files.map(|file| (file.sha256, file.file_name.as_str())).collect::<BTreeSet<_>>() == wanted
    }))
}

fn insert(
    conn: &mut PgConnection,
    ticket: TicketId,
    message: &NewMessage,
    key: Option<Uuid>,
) -> Result<Option<MessageId>> {
    Ok(diesel::insert_into(messages::table)
        .values((
            messages::contact_id.eq(message.contact),
            messages::ticket_id.eq(ticket),
            messages::kind.eq(message.kind),
            messages::author_id.eq(message.author),
            messages::body.eq(message.body.as_str()),
            messages::client_key.eq(key),
            messages::channel_id.eq(message.origin.as_ref().map(|origin| origin.channel)),
            messages::provider_id.eq(message.origin.as_ref().map(|origin| origin.provider_id.as_str())),
            messages::quoted.eq(message.quoted.as_str()),
        ))
        .on_conflict((messages::contact_id, messages::client_key))
        .do_nothing()
        .returning(messages::id)
        .get_result(conn)
        .optional()?)
}

fn key_of_content(key: Uuid, message: &NewMessage) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    hash.update(message.kind.as_str());
    hash.update(message.body.as_str());
    for file in &message.files {
        hash.update(file.hash.as_bytes());
        hash.update(file.name.as_str());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

/// Records which messages the customer's page received and showed, within a transaction that holds the
/// contact's lock. Returns, for each message that changed, the schedule that sent it, if any.
pub fn acknowledge(
    conn: &mut PgConnection,
    contact: ContactId,
    delivered: &[MessageId],
    read: &[MessageId],
) -> Result<Vec<Option<ScheduleId>>> {
    // The builder has no CASE that keeps a column's own value.
    Ok(db::prepared(
        "UPDATE messages
            SET delivered_at = coalesce(delivered_at, clock_timestamp()),
                read_at = CASE WHEN id = ANY($3) THEN coalesce(read_at, clock_timestamp()) ELSE read_at END
          WHERE contact_id = $1 AND kind = 'attendant'
            AND ((id = ANY($2) AND delivered_at IS NULL) OR (id = ANY($3) AND read_at IS NULL))
        RETURNING schedule_id",
    )
    .bind(contact)
    .bind(delivered)
    .bind(read)
    .load(conn)?)
}
