//! Records the result of an attempt, or what the service reports about a message later.

use std::time::Duration;

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::DeliveryState;
use super::outcome::{self, LONGEST_RETRY_AFTER, MAX_AGE, Next, Outcome, Progress, Reason};
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
    let promise = Capabilities::of(locked.kind).map_or(Promise::AtMostOnce, |it| it.promise);
    let progress = Progress {
        attempts: u32::try_from(locked.attempts).unwrap_or(0),
        tries: u32::try_from(locked.tries).unwrap_or(u32::MAX),
        age: Duration::from_millis(u64::try_from(locked.age_ms).unwrap_or(0)),
        was_unknown: locked.was_unknown,
        channel_works: locked.channel_works,
    };
    if progress.blames_channel(outcome) {
        queries::record_channel(conn, locked.channel_id, Some(&detail))?;
    } else if outcome.is_of_service() {
        queries::record_channel(conn, locked.channel_id, None)?;
    }
    if let Some(wait) = attempt.retry_after.filter(|_| outcome == Outcome::NotSent(Reason::RateLimited)) {
        queries::wait_as_asked(conn, locked.channel_id, milliseconds(wait.min(LONGEST_RETRY_AFTER)))?;
    }
    if let Some(provider_id) = &attempt.provider_id {
        // Also after an attempt without an answer: the service may report that it took the message.
        queries::set_provider_id(conn, message, &storable(provider_id))?;
    }
    match outcome::next(promise, outcome, progress, attempt.retry_after, jitter) {
        Next::Sent => queries::set_sent(conn, message)?,
        Next::Failed(reason) => end(conn, message, DeliveryState::Failed, reason, &detail)?,
        Next::Uncertain(reason) => end(conn, message, DeliveryState::Uncertain, reason, &detail)?,
        Next::Retry { after, reason, counts } => {
            queries::set_waiting(conn, message, milliseconds(after), reason, &detail, counts)?;
        }
        Next::Unchanged => {}
    }
    announce(conn, locked.contact_id, locked.schedule_id)?;
    Ok(true)
}

/// A text of a service as it can be stored.
fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(MAX_DETAIL).collect()
}

/// The messages that have waited for longer than they may.
pub fn too_old(conn: &mut PgConnection) -> Result<Vec<MessageId>> {
    queries::too_old(conn, milliseconds(MAX_AGE))
}

/// Ends a message that waited for too long, within the caller's transaction.
pub fn end_too_old(conn: &mut PgConnection, message: MessageId) -> Result<()> {
    let Some(old) = queries::lock_too_old(conn, message, milliseconds(MAX_AGE))? else { return Ok(()) };
    let state = if old.was_unknown { DeliveryState::Uncertain } else { DeliveryState::Failed };
    end(conn, message, state, Reason::TooOld, "")?;
    announce(conn, old.contact_id, old.schedule_id)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
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
/// Returns `false` if the service's id is unknown.
pub fn report(
    conn: &mut PgConnection,
    channel: ChannelId,
    provider_id: &str,
    reported: &Attempt,
) -> Result<bool> {
    let Some(message) = queries::lock_reported(conn, channel, provider_id)? else { return Ok(false) };
    let outcome = outcome::outcome(message.kind, Phase::Reported, reported.signal);
    let id = message.message_id;
    match outcome::after_report(message.state, outcome) {
        Some(DeliveryState::Sent) => {
            queries::set_attempt_taken(conn, id)?;
            queries::set_sent(conn, id)?;
        }
        Some(DeliveryState::Failed) => {
            queries::forget_that_it_worked(conn, id)?;
            end(conn, id, DeliveryState::Failed, Reason::Bounced, &storable(&reported.detail))?;
        }
        Some(state) => queries::set_received(conn, id, state == DeliveryState::Read)?,
        None => return Ok(true),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_says_is_stored_without_nul_and_up_to_a_limit() {
        assert_eq!(storable("550 caixa cheia\0"), "550 caixa cheia");
        assert_eq!(storable(&"é".repeat(MAX_DETAIL + 1)).chars().count(), MAX_DETAIL);
    }

    #[test]
    fn pauses_are_stored_in_milliseconds() {
        assert_eq!(milliseconds(Duration::from_secs(90)), 90_000);
        assert_eq!(milliseconds(Duration::MAX), i64::MAX);
    }
}
