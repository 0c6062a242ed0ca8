//! What an attempt means, and what follows from it: pure functions.

use std::time::Duration;

use super::DeliveryState;
use crate::channels::transport::{Phase, Signal, SmtpStep};
use crate::channels::{Capabilities, ChannelKind, Promise};
use crate::text_enum;

text_enum! {
    /// Why a message is not sent, or not yet.
    pub enum Reason {
        /// The service cannot be reached.
        Unreachable = "unreachable",
        /// The service refuses our sender.
        RefusedSender = "refused_sender",
        /// The service refuses this recipient.
        RefusedRecipient = "refused_recipient",
        /// The service refuses this text or these files.
        RefusedContent = "refused_content",
        TooLarge = "too_large",
        /// The service asks us to wait.
        RateLimited = "rate_limited",
        /// The channel's own settings or account stop every message.
        ChannelBroken = "channel_broken",
        /// The message was written, and the service did not answer.
        NoAnswer = "no_answer",
        /// It waited for too long.
        TooOld = "too_old",
        /// The service took it and sent it back later.
        Bounced = "bounced",
        /// The process ended while it sent the message.
        Interrupted = "interrupted",
        /// The contact has no address on the channel.
        NoAddress = "no_address",
    }
}

text_enum! {
    /// The result of an attempt, as stored.
    pub enum AttemptOutcome {
        /// The service took the message.
        Accepted = "accepted",
        /// The service refused it for good.
        Rejected = "rejected",
        /// It was certainly not taken, and may be tried again.
        NotSent = "not_sent",
        /// Nobody knows whether it was taken.
        Unknown = "unknown",
    }
}

/// What is known after a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Rejected(Reason),
    NotSent(Reason),
    Unknown(Reason),
    /// The service says later that it has the message, and not yet what became of it.
    Taken,
    /// The service took the message earlier, and reports on it now.
    Delivered,
    Read,
    Bounced,
    /// Nothing that changes what is known.
    Ignored,
}

impl Outcome {
    /// The result of an attempt; `None` for what the service reports later.
    pub fn of_attempt(self) -> Option<AttemptOutcome> {
        match self {
            Self::Accepted => Some(AttemptOutcome::Accepted),
            Self::Rejected(_) => Some(AttemptOutcome::Rejected),
            Self::NotSent(_) => Some(AttemptOutcome::NotSent),
            Self::Unknown(_) => Some(AttemptOutcome::Unknown),
            Self::Taken | Self::Delivered | Self::Read | Self::Bounced | Self::Ignored => None,
        }
    }

    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Rejected(reason) | Self::NotSent(reason) | Self::Unknown(reason) => Some(reason),
            Self::Bounced => Some(Reason::Bounced),
            Self::Accepted | Self::Taken | Self::Delivered | Self::Read | Self::Ignored => None,
        }
    }

    /// Whether the service judged the message itself, and so works.
    pub fn is_of_service(self) -> bool {
        matches!(self, Self::Accepted)
            || matches!(self, Self::Rejected(reason) if reason != Reason::NoAddress)
    }

    /// Whether the channel seems to be to blame, not the message. If other messages arrive meanwhile, it is the message:
    /// see [`Progress::channel_works`].
    pub fn is_of_channel(self) -> bool {
        matches!(
            self,
            Self::NotSent(Reason::Unreachable | Reason::ChannelBroken) | Self::Unknown(Reason::Unreachable)
        )
    }
}

/// What `signal` in `phase` of an attempt on a channel of this kind means.
pub fn outcome(kind: ChannelKind, phase: Phase, signal: Signal) -> Outcome {
    match (signal, phase) {
        (Signal::Taken | Signal::Bounce { is_permanent: false }, Phase::Reported) => Outcome::Taken,
        (Signal::Delivered, Phase::Reported) => Outcome::Delivered,
        (Signal::Read, Phase::Reported) => Outcome::Read,
        (Signal::Bounce { is_permanent: true }, Phase::Reported) => Outcome::Bounced,
        (_, Phase::Reported) => Outcome::Ignored,
        (Signal::NotSendable, Phase::BeforeWrite) => Outcome::Rejected(Reason::NoAddress),
        (Signal::NotBegun, Phase::BeforeWrite) => Outcome::NotSent(Reason::Interrupted),
        // The process may have died after the message was written.
        (Signal::LeaseExpired, _) => Outcome::Unknown(Reason::Interrupted),
        (Signal::Smtp(step, code), Phase::BeforeWrite | Phase::Answered) => of_smtp(step, code),
        (Signal::Http(status), Phase::Answered) => of_http(kind, status),
        (_, Phase::AfterWrite) => Outcome::Unknown(Reason::NoAnswer),
        (Signal::NoConnection | Signal::Silence, Phase::BeforeWrite) => Outcome::NotSent(Reason::Unreachable),
        (Signal::NoTls | Signal::AddressRefused, Phase::BeforeWrite) => {
            Outcome::NotSent(Reason::ChannelBroken)
        }
        // Contradictions, such as a status without an answer: nothing is known.
        (
            Signal::NotSendable
            | Signal::NotBegun
            | Signal::NoConnection
            | Signal::Silence
            | Signal::NoTls
            | Signal::AddressRefused
            | Signal::Http(_)
            | Signal::Bounce { .. }
            | Signal::Taken
            | Signal::Delivered
            | Signal::Read,
            Phase::BeforeWrite | Phase::Answered,
        ) => Outcome::Unknown(Reason::NoAnswer),
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1>: 2yz is success, 4yz a refusal for now, 5yz for good.
fn of_smtp(step: SmtpStep, code: u16) -> Outcome {
    match (step, code) {
        (SmtpStep::Content, 200..=299) => Outcome::Accepted,
        // 552 and 523: too large.
        (SmtpStep::Sender | SmtpStep::Data | SmtpStep::Content, 552 | 523) => {
            Outcome::Rejected(Reason::TooLarge)
        }
        (SmtpStep::Authentication, 400..=599) => Outcome::NotSent(Reason::ChannelBroken),
        (SmtpStep::Greeting | SmtpStep::Hello, 500..=599) => Outcome::NotSent(Reason::ChannelBroken),
        (SmtpStep::Greeting | SmtpStep::Hello, 400..=499) => Outcome::NotSent(Reason::Unreachable),
        // 530: authentication is required. 550 to 553 and 555 concern the sender's address.
        (SmtpStep::Sender, 500..=599) => Outcome::NotSent(Reason::ChannelBroken),
        (SmtpStep::Recipient, 530 | 535) => Outcome::NotSent(Reason::ChannelBroken),
        (SmtpStep::Recipient, 500..=599) => Outcome::Rejected(Reason::RefusedRecipient),
        (SmtpStep::Data | SmtpStep::Content, 500..=599) => Outcome::Rejected(Reason::RefusedContent),
        (_, 400..=499) => Outcome::NotSent(Reason::RateLimited),
        // No reply that RFC 5321 allows here. Before the content was sent, nothing was taken.
        (SmtpStep::Content, _) => Outcome::Unknown(Reason::NoAnswer),
        _ => Outcome::NotSent(Reason::Unreachable),
    }
}

/// The receiver of a webhook answers with a status only.
fn of_http(kind: ChannelKind, status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Accepted,
        408 | 425 | 429 => Outcome::NotSent(Reason::RateLimited),
        413 => Outcome::Rejected(Reason::TooLarge),
        // Redirects are not followed. 410 says that the address is gone for good.
        300..=399 | 401 | 403 | 404 | 405 | 407 | 410 => Outcome::NotSent(Reason::ChannelBroken),
        400..=499 => Outcome::Rejected(Reason::RefusedContent),
        // An error of the server may come after the message was taken.
        500..=599 if promise(kind) != Promise::AtLeastOnce => Outcome::Unknown(Reason::NoAnswer),
        // It says that it does not serve now.
        503 => Outcome::NotSent(Reason::Unreachable),
        500..=599 => Outcome::Unknown(Reason::Unreachable),
        // No status that RFC 9110 allows as an answer.
        _ => Outcome::Unknown(Reason::NoAnswer),
    }
}

fn promise(kind: ChannelKind) -> Promise {
    Capabilities::of(kind).map_or(Promise::AtMostOnce, |capabilities| capabilities.promise)
}

/// What happens with a message after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Sent,
    Failed(Reason),
    Uncertain(Reason),
    /// It stays in the queue.
    Retry {
        after: Duration,
        reason: Reason,
        /// Whether the attempt counts. It does not if the channel is to blame.
        counts: bool,
    },
    /// The state stays as it is.
    Unchanged,
}

/// A message is tried again for at most this time.
pub const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// Maximum attempts that count.
pub const MAX_ATTEMPTS: u32 = 12;

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// A service may ask us to wait for at most this time: the message would otherwise hold up those after it.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(6 * 3600);

/// What is known about a message when an attempt ends.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The attempts that count, with this one.
    pub attempts: u32,
    /// All attempts since it was queued, with this one.
    pub tries: u32,
    pub age: Duration,
    /// Whether an earlier attempt may have been taken.
    pub was_unknown: bool,
    /// Whether the channel has handed over another message since this one was last tried. Then a failure is this
    /// message's own, and it must not be tried for ever.
    pub channel_works: bool,
}

impl Progress {
    /// Whether the channel is to blame for `outcome`.
    pub fn blames_channel(&self, outcome: Outcome) -> bool {
        outcome.is_of_channel() && !self.channel_works
    }
}

/// What happens with a message after `outcome`. `jitter` is between 0 and 1.
pub fn next(
    promise: Promise,
    outcome: Outcome,
    progress: Progress,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Next {
    let Progress { attempts, tries, age, was_unknown, .. } = progress;
    let (reason, is_unknown) = match outcome {
        Outcome::Accepted => return Next::Sent,
        Outcome::Taken | Outcome::Delivered | Outcome::Read | Outcome::Bounced | Outcome::Ignored => {
            return Next::Unchanged;
        }
        // An earlier attempt may have been taken, and so the message may have arrived after all.
        Outcome::Rejected(reason) if was_unknown => return Next::Uncertain(reason),
        Outcome::Rejected(reason) => return Next::Failed(reason),
        Outcome::NotSent(reason) => (reason, false),
        Outcome::Unknown(reason) => (reason, true),
    };
    if is_unknown && promise != Promise::AtLeastOnce {
        return Next::Uncertain(reason);
    }
    // A service that asks us to wait, or cannot be reached, does so for every message.
    let counts = !progress.blames_channel(outcome) && reason != Reason::RateLimited;
    let is_last = age >= MAX_AGE || (counts && attempts >= MAX_ATTEMPTS);
    match (is_last, is_unknown || was_unknown) {
        (true, true) => Next::Uncertain(reason),
        (true, false) if age >= MAX_AGE => Next::Failed(Reason::TooOld),
        (true, false) => Next::Failed(reason),
        (false, _) => {
            let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
            Next::Retry { after: pause(tries, jitter).max(asked), reason, counts }
        }
    }
}

/// The state of a message in `state` after a service has reported `outcome`; `None` if it stays. Reports come twice and in
/// any order, and a message never goes back. One that is in the queue again, has arrived, or was given up does not fail by
/// a report, which may be about an earlier attempt.
pub fn after_report(state: DeliveryState, outcome: Outcome) -> Option<DeliveryState> {
    use DeliveryState::{Delivered, Discarded, Failed, Queued, Read, Sent, Uncertain};
    match (outcome, state) {
        (Outcome::Taken, Uncertain) => Some(Sent),
        (Outcome::Delivered, Queued | Sent | Failed | Uncertain | Discarded) => Some(Delivered),
        (Outcome::Read, Queued | Sent | Delivered | Failed | Uncertain | Discarded) => Some(Read),
        (Outcome::Bounced, Sent | Uncertain) => Some(Failed),
        _ => None,
    }
}

/// 5, 10, 20 … seconds up to an hour, and up to a fifth more.
fn pause(tries: u32, jitter: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(16)));
    doubled.min(LONGEST_PAUSE).mul_f64(1. + jitter.clamp(0., 1.) / 5.)
}

#[cfg(test)]
mod tests;
