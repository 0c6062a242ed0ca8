//! Records what became of a message: the result of an attempt, or what the service reports later.

use std::time::Duration;

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::DeliveryState;
use super::outcome::{self, Next, Outcome, Progress, Reason};
use super::queries::{self, Ended};
use crate::channels::transport::{Attempt, Phase};
use crate::channels::{Capabilities, Promise};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, MessageId, NotificationId, ScheduleId};
use crate::live::{self, Event};

/// Maximum characters of what a service said that are stored.
const MAX_DETAIL: usize = 500;

/// Records the result of an attempt, within the caller's transaction. Returns `false`, and changes nothing but the
/// attempt, if the lease is not this attempt's any more. `jitter` is between 0 and 1.
pub fn settle(
    conn: &mut PgConnection,
    message: MessageId,
    lease: Uuid,
    attempt: &Attempt,
    jitter: f64,
) -> Result<bool> {
    let locked = queries::lock(conn, message, lease)?;
    let Some(locked) = locked else {
        return Ok(false);
    };
    let outcome = outcome::outcome(locked.kind, attempt.phase, attempt.signal);
    let detail: String = attempt.detail.chars().take(MAX_DETAIL).collect();
    let Some(of_attempt) = outcome.of_attempt() else { return Ok(false) };
    let ended = Ended { message, lease, outcome: of_attempt, reason: outcome.reason(), detail: &detail };
    if !queries::end_attempt(conn, &ended)? {
        return Ok(false);
    }
    if outcome.is_of_channel() {
        queries::record_channel(conn, locked.channel_id, Some(&detail))?;
    } else if outcome.of_attempt() != Some(outcome::AttemptOutcome::Unknown) {
        queries::record_channel(conn, locked.channel_id, None)?;
    }
    let promise = Capabilities::of(locked.kind).map_or(Promise::AtMostOnce, |it| it.promise);
    let progress = Progress {
        attempts: u32::try_from(locked.attempts).unwrap_or(0),
        age: Duration::from_millis(u64::try_from(locked.age_ms).unwrap_or(0)),
        was_unknown: locked.was_unknown,
    };
    if let Some(provider_id) = &attempt.provider_id {
        // Also after an attempt without an answer: the service may report that it took the message.
        queries::set_provider_id(conn, message, provider_id)?;
    }
    match outcome::next(promise, outcome, progress, attempt.retry_after, jitter) {
        Next::Sent => queries::set_sent(conn, message)?,
        Next::Failed(reason) => end(conn, message, DeliveryState::Failed, reason, &detail)?,
        Next::Uncertain(reason) => end(conn, message, DeliveryState::Uncertain, reason, &detail)?,
        Next::Retry { after, reason, counts } => {
            let after = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
            queries::set_waiting(conn, message, after, reason, &detail, counts)?;
        }
        Next::Unchanged => {}
    }
    announce(conn, locked.contact_id, locked.schedule_id)?;
    Ok(true)
}

/// Ends a message that was not delivered, and notifies the attendant.
fn end(
    conn: &mut PgConnection,
    message: MessageId,
    state: DeliveryState,
    reason: Reason,
    detail: &str,
) -> Result<()> {
    queries::set_ended(conn, message, state, reason, detail)?;
    if let Some((first, last)) = queries::notify(conn, message)? {
        live::announce(conn, &Event::Notified(NotificationId(first), NotificationId(last)))?;
    }
    Ok(())
}

/// Records what a service reports about a message that it took: a status or a bounce, within the caller's transaction.
/// Reports may come twice and in any order; a message never goes back. Returns `false` if the service's id is unknown.
pub fn report(
    conn: &mut PgConnection,
    channel: ChannelId,
    provider_id: &str,
    reported: &Attempt,
) -> Result<bool> {
    let Some(message) = queries::lock_reported(conn, channel, provider_id)? else { return Ok(false) };
    let outcome = outcome::outcome(message.kind, Phase::Reported, reported.signal);
    let was_received = matches!(message.state, DeliveryState::Delivered | DeliveryState::Read);
    let detail: String = reported.detail.chars().take(MAX_DETAIL).collect();
    match outcome {
        Outcome::Delivered | Outcome::Read => {
            queries::set_received(conn, message.message_id, outcome == Outcome::Read)?;
        }
        Outcome::Bounced if !was_received && message.state != DeliveryState::Discarded => {
            end(conn, message.message_id, DeliveryState::Failed, Reason::Bounced, &detail)?;
        }
        _ => return Ok(true),
    }
    announce(conn, message.contact_id, message.schedule_id)?;
    Ok(true)
}

fn announce(conn: &mut PgConnection, contact: ContactId, schedule: Option<ScheduleId>) -> Result<()> {
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    match schedule {
        Some(schedule) => live::announce(conn, &Event::SchedulesChanged(vec![schedule])),
        None => Ok(()),
    }
}
