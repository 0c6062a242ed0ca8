//! Events that processes send each other through PostgreSQL's NOTIFY, in the transaction that makes the
//! change. An event is only a hint; receivers read the tables.

use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};

use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, NotificationId, ScheduleId, UserId};

/// The NOTIFY channel of live events.
pub const CHANNEL: &str = "pontual_live";

/// Maximum ids per event. PostgreSQL refuses payloads of 8,000 bytes or more; an id with its comma takes at
/// most 20.
const IDS_PER_EVENT: usize = 350;

/// A change of something that a page may be showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Notifications with ids from the first to the second were written.
    Notified(NotificationId, NotificationId),
    /// A user's bell changed without a new notification: one was read or removed, perhaps in another tab.
    BellChanged(UserId),
    /// Messages or ticket states of these contacts changed.
    ConversationsChanged(Vec<ContactId>),
    /// These schedules changed their state or content.
    SchedulesChanged(Vec<ScheduleId>),
    /// The rights of these users changed or ended: their streams must be closed.
    RightsChanged(Vec<UserId>),
    /// A channel changed its state: streams of customers whose link no longer works must be closed.
    LinksChanged,
    /// Messages wait in the outbox: the workers of every process look.
    MessagesQueued,
    /// Services sent something to channels: the inbox workers of every process look.
    MessagesArrived,
    /// A user or department was added, removed or renamed: the options of selects changed.
    ChoicesChanged,
}

/// Sends `event` when the transaction commits.
pub fn announce(conn: &mut PgConnection, event: &Event) -> Result<()> {
    for part in event.parts() {
        let payload = serde_json::to_string(&part).map_err(crate::Error::unexpected)?;
        // SQL text: the builder has no NOTIFY.
        db::prepared("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(conn)?;
    }
    Ok(())
}

impl Event {
    fn parts(&self) -> Vec<Self> {
        fn split<T: Clone>(ids: &[T], event: impl Fn(Vec<T>) -> Event) -> Vec<Event> {
            ids.chunks(IDS_PER_EVENT).map(|ids| event(ids.to_vec())).collect()
        }
        match self {
            Self::ConversationsChanged(ids) => split(ids, Self::ConversationsChanged),
            Self::SchedulesChanged(ids) => split(ids, Self::SchedulesChanged),
            Self::RightsChanged(ids) => split(ids, Self::RightsChanged),
            event => vec![event.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_events_are_split_below_the_limit_of_a_payload() {
        let ids: Vec<_> = (0..1000).map(|n| ContactId(i64::MAX - n)).collect();
        let parts = Event::ConversationsChanged(ids).parts();
        assert_eq!(parts.len(), 3);
        for part in parts {
            assert!(serde_json::to_string(&part).unwrap().len() < 8000);
        }
    }
}
