//! What an attempt means, and what follows from it: pure functions.

use std::time::Duration;

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
            Self::Delivered | Self::Read | Self::Bounced | Self::Ignored => None,
        }
    }

    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Rejected(reason) | Self::NotSent(reason) | Self::Unknown(reason) => Some(reason),
            Self::Bounced => Some(Reason::Bounced),
            Self::Accepted | Self::Delivered | Self::Read | Self::Ignored => None,
        }
    }

    /// Whether the channel, not the message, is to blame: other messages would fare no better.
    pub fn is_of_channel(self) -> bool {
        matches!(self, Self::NotSent(Reason::Unreachable | Reason::ChannelBroken))
    }
}

/// What `signal` in `phase` of an attempt on a channel of this kind means.
pub fn outcome(kind: ChannelKind, phase: Phase, signal: Signal) -> Outcome {
    match (signal, phase) {
        (Signal::Delivered, Phase::Reported) => Outcome::Delivered,
        (Signal::Read, Phase::Reported) => Outcome::Read,
        (Signal::Bounce { is_permanent: true }, Phase::Reported) => Outcome::Bounced,
        (_, Phase::Reported) => Outcome::Ignored,
        (Signal::NotSendable, _) => Outcome::Rejected(Reason::NoAddress),
        (Signal::NotBegun, _) => Outcome::NotSent(Reason::Interrupted),
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
            Signal::NoConnection
            | Signal::Silence
            | Signal::NoTls
            | Signal::AddressRefused
            | Signal::Http(_)
            | Signal::Bounce { .. }
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
        400 | 415 | 422 => Outcome::Rejected(Reason::RefusedContent),
        // Redirects are not followed. 410 says that the address is gone for good.
        300..=399 | 401 | 403 | 404 | 405 | 407 | 410 => Outcome::NotSent(Reason::ChannelBroken),
        // An error of the server may come after the message was taken.
        500..=599 if promise(kind) == Promise::AtMostOnce => Outcome::Unknown(Reason::NoAnswer),
        500..=599 => Outcome::NotSent(Reason::Unreachable),
        _ => Outcome::Rejected(Reason::RefusedContent),
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
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(6 * 3600);

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
}

/// What happens with a message after `outcome`. `jitter` is between 0 and 1.
pub fn next(
    promise: Promise,
    outcome: Outcome,
    progress: Progress,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Next {
    let Progress { attempts, tries, age, was_unknown } = progress;
    let (reason, is_unknown) = match outcome {
        Outcome::Accepted => return Next::Sent,
        Outcome::Delivered | Outcome::Read | Outcome::Bounced | Outcome::Ignored => return Next::Unchanged,
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
    let counts = !outcome.is_of_channel() && reason != Reason::RateLimited;
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

/// 5, 10, 20 … seconds up to an hour, and up to a fifth more.
fn pause(tries: u32, jitter: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(16)));
    doubled.min(LONGEST_PAUSE).mul_f64(1. + jitter.clamp(0., 1.) / 5.)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ChannelKind; 2] = [ChannelKind::Email, ChannelKind::Webhook];
    const STEPS: [SmtpStep; 7] = [
        SmtpStep::Greeting,
        SmtpStep::Hello,
        SmtpStep::Authentication,
        SmtpStep::Sender,
        SmtpStep::Recipient,
        SmtpStep::Data,
        SmtpStep::Content,
    ];
    const PHASES: [Phase; 4] = [Phase::BeforeWrite, Phase::AfterWrite, Phase::Answered, Phase::Reported];

    fn signals() -> Vec<Signal> {
        let codes = (0..=999).flat_map(|code| {
            STEPS.into_iter().map(move |step| Signal::Smtp(step, code)).chain([Signal::Http(code)])
        });
        let others = [
            Signal::NotSendable,
            Signal::NotBegun,
            Signal::NoConnection,
            Signal::NoTls,
            Signal::AddressRefused,
            Signal::Silence,
            Signal::Bounce { is_permanent: true },
            Signal::Bounce { is_permanent: false },
            Signal::Delivered,
            Signal::Read,
            Signal::LeaseExpired,
        ];
        codes.chain(others).collect()
    }

    /// Every combination of kind, phase and signal.
    fn all() -> impl Iterator<Item = (Phase, Signal, Outcome)> {
        KINDS.into_iter().flat_map(|kind| {
            PHASES.into_iter().flat_map(move |phase| {
                signals().into_iter().map(move |signal| (phase, signal, outcome(kind, phase, signal)))
            })
        })
    }

    #[test]
    fn a_message_counts_as_accepted_only_if_the_service_said_so() {
        for (phase, signal, outcome) in all() {
            let says_so = matches!(
                (phase, signal),
                (Phase::Answered, Signal::Http(200..=299))
                    | (Phase::BeforeWrite | Phase::Answered, Signal::Smtp(SmtpStep::Content, 200..=299))
            );
            assert_eq!(outcome == Outcome::Accepted, says_so, "{phase:?} {signal:?}");
        }
    }

    #[test]
    fn a_written_message_without_an_answer_is_never_taken_for_not_sent() {
        for (phase, signal, outcome) in all().filter(|(phase, ..)| *phase == Phase::AfterWrite) {
            let is_unknown = matches!(outcome, Outcome::Unknown(_));
            let is_ours = matches!(signal, Signal::NotSendable | Signal::NotBegun);
            assert!(is_unknown || is_ours, "{phase:?} {signal:?} {outcome:?}");
        }
    }

    #[test]
    fn a_later_report_is_never_the_result_of_an_attempt() {
        for (_, signal, outcome) in all().filter(|(phase, ..)| *phase == Phase::Reported) {
            assert_eq!(outcome.of_attempt(), None, "{signal:?}");
        }
        let bounced = Signal::Bounce { is_permanent: true };
        assert_eq!(outcome(ChannelKind::Email, Phase::Reported, bounced), Outcome::Bounced);
        let delayed = Signal::Bounce { is_permanent: false };
        assert_eq!(outcome(ChannelKind::Email, Phase::Reported, delayed), Outcome::Ignored);
    }

    #[test]
    fn each_reply_of_a_mail_server_has_its_meaning() {
        use Outcome::{Accepted, NotSent, Rejected};
        use SmtpStep::{Authentication, Content, Data, Greeting, Recipient, Sender};
        for (step, code, expected) in [
            (Greeting, 421, NotSent(Reason::Unreachable)),
            (Greeting, 554, NotSent(Reason::ChannelBroken)),
            (Authentication, 535, NotSent(Reason::ChannelBroken)),
            (Sender, 451, NotSent(Reason::RateLimited)),
            (Sender, 552, Rejected(Reason::TooLarge)),
            (Sender, 553, NotSent(Reason::ChannelBroken)),
            (Recipient, 450, NotSent(Reason::RateLimited)),
            (Recipient, 550, Rejected(Reason::RefusedRecipient)),
            (Recipient, 530, NotSent(Reason::ChannelBroken)),
            (Data, 451, NotSent(Reason::RateLimited)),
            (Content, 250, Accepted),
            (Content, 451, NotSent(Reason::RateLimited)),
            (Content, 552, Rejected(Reason::TooLarge)),
            (Content, 554, Rejected(Reason::RefusedContent)),
            (Content, 99, Outcome::Unknown(Reason::NoAnswer)),
            (Recipient, 999, NotSent(Reason::Unreachable)),
        ] {
            let signal = Signal::Smtp(step, code);
            assert_eq!(outcome(ChannelKind::Email, Phase::Answered, signal), expected, "{signal:?}");
        }
    }

    #[test]
    fn each_status_of_a_webhook_has_its_meaning() {
        use Outcome::{Accepted, NotSent, Rejected};
        for (status, expected) in [
            (200, Accepted),
            (204, Accepted),
            (301, NotSent(Reason::ChannelBroken)),
            (400, Rejected(Reason::RefusedContent)),
            (401, NotSent(Reason::ChannelBroken)),
            (408, NotSent(Reason::RateLimited)),
            (410, NotSent(Reason::ChannelBroken)),
            (413, Rejected(Reason::TooLarge)),
            (418, Rejected(Reason::RefusedContent)),
            (429, NotSent(Reason::RateLimited)),
            (500, NotSent(Reason::Unreachable)),
            (503, NotSent(Reason::Unreachable)),
            (100, Rejected(Reason::RefusedContent)),
        ] {
            let found = outcome(ChannelKind::Webhook, Phase::Answered, Signal::Http(status));
            assert_eq!(found, expected, "{status}");
        }
        let error = outcome(ChannelKind::Whatsapp, Phase::Answered, Signal::Http(500));
        assert_eq!(error, Outcome::Unknown(Reason::NoAnswer), "it cannot be repeated");
    }

    #[test]
    fn a_lost_connection_before_the_message_is_the_channels_fault() {
        for (signal, reason) in [
            (Signal::NoConnection, Reason::Unreachable),
            (Signal::Silence, Reason::Unreachable),
            (Signal::NoTls, Reason::ChannelBroken),
            (Signal::AddressRefused, Reason::ChannelBroken),
        ] {
            let found = outcome(ChannelKind::Webhook, Phase::BeforeWrite, signal);
            assert_eq!(found, Outcome::NotSent(reason));
            assert!(found.is_of_channel());
        }
        assert!(!Outcome::NotSent(Reason::RateLimited).is_of_channel());
    }

    fn progress(attempts: u32, hours: u64, was_unknown: bool) -> Progress {
        Progress { attempts, tries: attempts, age: Duration::from_secs(hours * 3600), was_unknown }
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_where_the_promise_allows_it() {
        let unknown = Outcome::Unknown(Reason::NoAnswer);
        let first = progress(1, 0, false);
        let again = next(Promise::AtLeastOnce, unknown, first, None, 0.);
        let after = Duration::from_secs(5);
        assert_eq!(again, Next::Retry { after, reason: Reason::NoAnswer, counts: true });
        for promise in [Promise::AtMostOnce, Promise::ExactlyOnce] {
            assert_eq!(next(promise, unknown, first, None, 0.), Next::Uncertain(Reason::NoAnswer));
        }
    }

    #[test]
    fn a_message_that_may_have_arrived_ends_uncertain_not_failed() {
        let promise = Promise::AtLeastOnce;
        let rejected = Outcome::Rejected(Reason::RefusedRecipient);
        assert_eq!(
            next(promise, rejected, progress(2, 0, false), None, 0.),
            Next::Failed(Reason::RefusedRecipient)
        );
        assert_eq!(
            next(promise, rejected, progress(2, 0, true), None, 0.),
            Next::Uncertain(Reason::RefusedRecipient)
        );
        let interrupted = Outcome::NotSent(Reason::Interrupted);
        let ended = |attempts, hours, was_unknown| {
            next(promise, interrupted, progress(attempts, hours, was_unknown), None, 0.)
        };
        assert_eq!(ended(12, 1, false), Next::Failed(Reason::Interrupted));
        assert_eq!(ended(12, 1, true), Next::Uncertain(Reason::Interrupted));
        assert_eq!(ended(3, 24, false), Next::Failed(Reason::TooOld));
        let unknown = Outcome::Unknown(Reason::NoAnswer);
        assert_eq!(
            next(promise, unknown, progress(12, 1, false), None, 0.),
            Next::Uncertain(Reason::NoAnswer)
        );
    }

    #[test]
    fn a_broken_channel_uses_up_no_attempts() {
        let broken = Outcome::NotSent(Reason::ChannelBroken);
        let again = next(Promise::AtLeastOnce, broken, progress(40, 23, false), None, 0.);
        assert!(matches!(again, Next::Retry { counts: false, .. }), "{again:?}");
        let busy = Outcome::NotSent(Reason::RateLimited);
        let again = next(Promise::AtLeastOnce, busy, progress(40, 23, false), None, 0.);
        assert!(matches!(again, Next::Retry { counts: false, .. }), "{again:?}");
        let old = next(Promise::AtLeastOnce, broken, progress(40, 24, false), None, 0.);
        assert_eq!(old, Next::Failed(Reason::TooOld));
    }

    #[test]
    fn pauses_grow_to_an_hour_and_respect_the_service() {
        let busy = Outcome::NotSent(Reason::RateLimited);
        let pause_after = |attempts, retry_after, jitter| match next(
            Promise::AtLeastOnce,
            busy,
            progress(attempts, 0, false),
            retry_after,
            jitter,
        ) {
            Next::Retry { after, .. } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!([1, 2, 3, 11].map(|n| pause_after(n, None, 0.)), [5, 10, 20, 3600]);
        assert_eq!(pause_after(1, None, 1.), 6);
        assert_eq!(pause_after(1, Some(Duration::from_secs(90)), 0.), 90);
        assert_eq!(pause_after(1, Some(Duration::MAX), 0.), 6 * 3600, "not for ever");
        assert_eq!(pause_after(3, Some(Duration::from_secs(1)), 0.), 20);
    }

    #[test]
    fn an_accepted_message_is_sent_whatever_came_before() {
        let accepted = next(Promise::AtMostOnce, Outcome::Accepted, progress(99, 99, true), None, 0.);
        assert_eq!(accepted, Next::Sent);
        assert_eq!(
            next(Promise::AtLeastOnce, Outcome::Delivered, progress(1, 0, false), None, 0.),
            Next::Unchanged
        );
    }
}
