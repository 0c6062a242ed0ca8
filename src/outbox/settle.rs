//! Records the result of an attempt, or what the service reports about a message later.

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

/// Records the result of an attempt, within the caller's transaction. Returns `false`, and changes nothing, if the lease is
/// not this attempt's any more. `jitter` is between 0 and 1.
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
    let detail = storable(&attempt.detail);
    let Some(of_attempt) = outcome.of_attempt() else { return Ok(false) };
    let ended = Ended { message, lease, outcome: of_attempt, reason: outcome.reason(), detail: &detail };
    if !queries::end_attempt(conn, &ended)? {
        return Ok(false);
    }
    if outcome.is_of_channel() {
        queries::record_channel(conn, locked.channel_id, Some(&detail))?;
    } else if has_answered(outcome) {
        queries::record_channel(conn, locked.channel_id, None)?;
    }
    let promise = Capabilities::of(locked.kind).map_or(Promise::AtMostOnce, |it| it.promise);
    let progress = Progress {
        attempts: u32::try_from(locked.attempts).unwrap_or(0),
        tries: u32::try_from(locked.tries).unwrap_or(u32::MAX),
        age: Duration::from_millis(u64::try_from(locked.age_ms).unwrap_or(0)),
        was_unknown: locked.was_unknown,
    };
    if let Some(provider_id) = &attempt.provider_id {
        // Also after an attempt without an answer: the service may report that it took the message.
        queries::set_provider_id(conn, message, &storable(provider_id))?;
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

/// Whether the service judged the message itself, and so works.
fn has_answered(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Accepted => true,
        Outcome::Rejected(reason) => reason != Reason::NoAddress,
        _ => false,
    }
}

/// A text of a service as it can be stored.
fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(MAX_DETAIL).collect()
}

/// Ends a message that waited for too long, within the caller's transaction.
pub fn end_too_old(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    let Some(old) = queries::lock_too_old(conn, message)? else { return Ok(()) };
    let state = if old.was_unknown { DeliveryState::Uncertain } else { DeliveryState::Failed };
    end(conn, message, state, Reason::TooOld, "")?;
    announce(conn, old.contact_id, old.schedule_id)
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
    // A bounce may be about an earlier attempt. It changes nothing if the message is in the queue again, has arrived, or was
    // given up.
    let can_come_back = matches!(message.state, DeliveryState::Sent | DeliveryState::Uncertain);
    let detail = storable(&reported.detail);
    match outcome {
        Outcome::Delivered | Outcome::Read => {
            queries::set_received(conn, message.message_id, outcome == Outcome::Read)?;
        }
        Outcome::Bounced if can_come_back => {
            queries::forget_that_it_worked(conn, message.message_id)?;
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
