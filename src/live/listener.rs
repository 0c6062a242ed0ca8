//! The process's listening connection: wake-ups for the dispatcher, live events for pages.
//!
//! What can go wrong: the connection is lost, and with it everything announced meanwhile. It is opened again,
//! with growing pauses, and then [`Incoming::Reconnected`] tells the receivers to read the tables. A payload
//! from a newer version that cannot be parsed is logged and dropped.

use std::time::{Duration, Instant};

use super::event;
use super::event::Event;
use crate::db::listen::{ListenError, Listener, Notice};

/// The NOTIFY channel on which triggers wake the dispatchers. Its payload is empty.
const WAKE_CHANNEL: &str = "pontual_wake";

const CHANNELS: &[&str] = &[WAKE_CHANNEL, event::CHANNEL];

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A message from the listening connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A due time was added or moved to an earlier time, by this process or another one.
    Wake,
    /// A change of something that a page may be showing.
    Live(Event),
    /// Connected again: announcements may have been missed, so read the tables.
    Reconnected,
    /// The connection is lost: no messages until the next `Reconnected`.
    Lost,
}

/// Listens for as long as it is polled, and calls `on_notice`, which must not block.
pub async fn listen(url: String, on_notice: impl Fn(Incoming)) {
    let mut pause = FIRST_PAUSE;
    loop {
        let began = Instant::now();
        let error = deliver(&url, &on_notice).await;
        on_notice(Incoming::Lost);
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tracing::warn!(%error, ?pause, "the listening connection is lost and will be opened again");
        actix_web::rt::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Forwards the messages of one connection. Returns the error that ended it.
async fn deliver(url: &str, on_notice: &impl Fn(Incoming)) -> ListenError {
    let mut listener = match Listener::connect(url, CHANNELS).await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    on_notice(Incoming::Reconnected);
    loop {
        match listener.recv().await {
            Ok(notice) => read(&notice).into_iter().for_each(on_notice),
            Err(error) => return error,
        }
    }
}

fn read(notice: &Notice) -> Option<Incoming> {
    if notice.channel == WAKE_CHANNEL {
        return Some(Incoming::Wake);
    }
    match serde_json::from_str(&notice.payload) {
        Ok(event) => Some(Incoming::Live(event)),
        Err(error) => {
            tracing::warn!(%error, payload = notice.payload, "a live event cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ContactId;

    fn notice(channel: &str, payload: &str) -> Notice {
        Notice { channel: channel.into(), payload: payload.into() }
    }

    #[test]
    fn an_event_arrives_as_it_was_announced() {
        let event = Event::ConversationsChanged(vec![ContactId(7)]);
        let payload = serde_json::to_string(&event).unwrap();
        assert_eq!(read(&notice(event::CHANNEL, &payload)), Some(Incoming::Live(event)));
        assert_eq!(read(&notice(WAKE_CHANNEL, "")), Some(Incoming::Wake));
    }

    #[test]
    fn an_event_of_a_newer_version_is_dropped() {
        assert_eq!(read(&notice(event::CHANNEL, r#"{"moon_landed":1}"#)), None);
    }
}
