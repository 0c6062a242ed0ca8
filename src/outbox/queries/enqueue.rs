//! Writes messages into the outbox.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, MessageId};

/// Writes the outbox row of an attendant's message, unless it goes to a web chat. It goes where the customer last wrote or a
/// message last arrived, else by the contact's first connection. If the contact has no address there, the row is written
/// too, and fails. Messages of the web chat name no channel. Returns the channel.
pub fn enqueue(conn: &mut PgConnection, message: MessageId) -> Result<Option<ChannelId>> {
    Ok(db::prepared(
        "INSERT INTO outbox (message_id, contact_id, channel_id, identity_id)
         SELECT m.id, m.contact_id, coalesce(i.channel_id, c.channel_id), i.id
           FROM messages m
           JOIN contacts c ON c.id = m.contact_id
           LEFT JOIN LATERAL (
             SELECT w.channel_id, w.created_at FROM messages w
              WHERE w.contact_id = m.contact_id AND w.kind = 'customer' ORDER BY w.id DESC LIMIT 1) wrote ON true
           LEFT JOIN LATERAL (
             SELECT i.id, i.channel_id FROM contact_identities i JOIN channels ch ON ch.id = i.channel_id
              WHERE i.contact_id = m.contact_id AND ch.deactivated_at IS NULL
                AND i.kind = identity_kind(ch.kind)
              ORDER BY greatest(i.seen_at, i.worked_at,
                                CASE WHEN ch.id = wrote.channel_id OR wrote.channel_id IS NULL AND ch.kind = 'web_chat'
                                     THEN wrote.created_at END) DESC NULLS LAST,
                       i.channel_id = c.channel_id DESC, i.id
              LIMIT 1) i ON true
           JOIN channels ch ON ch.id = coalesce(i.channel_id, c.channel_id)
          WHERE m.id = $1 AND m.kind = 'attendant' AND ch.kind <> 'web_chat'
         RETURNING channel_id",
    )
    .bind(message)
    .get_result(conn)
    .optional()?)
}
