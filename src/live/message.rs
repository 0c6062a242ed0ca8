//! Server-sent events, encoded once for all streams that receive them.

use actix_web::web::Bytes;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::ids::{ContactId, NotificationId, ScheduleId};

/// An event for a user's stream. Clients see its `name`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Message<'a> {
    /// The current state: sent at the start of each stream, so that nothing is missed after a disconnection.
    Sync { unread: i64, items: &'a [LiveItem] },
    /// A new notification.
    Notification {
        #[serde(flatten)]
        item: &'a LiveItem,
        unread: i64,
    },
    /// The bell changed without a new notification. `ids` are the newest unread ones.
    Bell { unread: i64, ids: &'a [NotificationId] },
    /// Conversations that the user may read changed.
    Conversation { contacts: &'a [ContactId] },
    /// These schedules changed.
    Schedules { ids: &'a [ScheduleId] },
}

/// A notification, rendered for the bell and the page.
#[derive(Debug, Serialize)]
pub struct LiveItem {
    pub id: NotificationId,
    pub html: String,
}

impl Message<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Sync { .. } => "sync",
            Self::Notification { .. } => "notification",
            Self::Bell { .. } => "bell",
            Self::Conversation { .. } => "conversation",
            Self::Schedules { .. } => "schedules",
        }
    }

    /// Cannot fail in practice: the content always has a JSON form.
    pub fn encode(&self) -> Result<Bytes> {
        let data = serde_json::to_string(self).map_err(Error::unexpected)?;
        let id = match self {
            Self::Notification { item, .. } => format!("id: {}\n", item.id),
            _ => String::new(),
        };
        Ok(Bytes::from(format!("event: {}\n{id}data: {data}\n\n", self.name())))
    }
}

/// The start of a customer's stream. The page then requests what it lacks.
pub const CUSTOMER_SYNC: Bytes = Bytes::from_static(b"event: sync\ndata: {}\n\n");
/// Something changed in the customer's conversation.
pub const CUSTOMER_CONVERSATION: Bytes = Bytes::from_static(b"event: conversation\ndata: {}\n\n");
/// A comment. Sending it reveals to both sides whether the other is still there.
pub const PING: Bytes = Bytes::from_static(b": ping\n\n");

/// Tells the client how long to wait before it reconnects.
pub fn retry(milliseconds: u32) -> Bytes {
    Bytes::from(format!("retry: {milliseconds}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_data_whatever_it_holds() {
        let item = LiveItem { id: NotificationId(7), html: "<li>\na\r\nb</li>".into() };
        let bytes = Message::Notification { item: &item, unread: 2 }.encode().unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            "event: notification\nid: 7\ndata: {\"id\":7,\"html\":\"<li>\\na\\r\\nb</li>\",\"unread\":2}\n\n"
        );
    }
}
