use super::*;

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
const PROMISES: [Promise; 3] = [Promise::ExactlyOnce, Promise::AtLeastOnce, Promise::AtMostOnce];

/// Every signal, with every code that fits into three digits.
fn signals() -> Vec<Signal> {
    let others = [
        Signal::NotSendable,
        Signal::NotBegun,
        Signal::NoConnection,
        Signal::NoTls,
        Signal::AddressRefused,
        Signal::Silence,
        Signal::Bounce { is_permanent: true },
        Signal::Bounce { is_permanent: false },
        Signal::Taken,
        Signal::Delivered,
        Signal::Read,
        Signal::LeaseExpired,
    ];
    // The compiler refuses this if a signal is added: list it above, too.
    for signal in others {
        match signal {
            Signal::NotSendable
            | Signal::NotBegun
            | Signal::NoConnection
            | Signal::NoTls
            | Signal::AddressRefused
            | Signal::Silence
            | Signal::Smtp(..)
            | Signal::Http(_)
            | Signal::Bounce { .. }
            | Signal::Taken
            | Signal::Delivered
            | Signal::Read
            | Signal::LeaseExpired => {}
        }
    }
    let codes = (0..=999).flat_map(|code| {
        STEPS.into_iter().map(move |step| Signal::Smtp(step, code)).chain([Signal::Http(code)])
    });
    codes.chain(others).collect()
}

/// A kind of channel, a phase, a signal, and what it means.
type Case = (ChannelKind, Phase, Signal, Outcome);

/// Every combination.
fn all() -> impl Iterator<Item = Case> {
    let of_phase = |kind, phase| {
        signals().into_iter().map(move |signal| (kind, phase, signal, outcome(kind, phase, signal)))
    };
    ChannelKind::ALL
        .iter()
        .flat_map(move |&kind| PHASES.into_iter().flat_map(move |phase| of_phase(kind, phase)))
}

/// Every outcome that an attempt or a report can have.
fn outcomes() -> Vec<Outcome> {
    let mut found = Vec::new();
    for (.., outcome) in all() {
        if !found.contains(&outcome) {
            found.push(outcome);
        }
    }
    found
}

/// All kinds of progress: attempts and ages at both sides of their limits.
fn all_progress() -> Vec<Progress> {
    let mut found = Vec::new();
    for attempts in [0, 1, MAX_ATTEMPTS - 1, MAX_ATTEMPTS, MAX_ATTEMPTS + 1] {
        for age in [Duration::ZERO, MAX_AGE - Duration::from_millis(1), MAX_AGE, MAX_AGE * 2] {
            for flags in 0..4 {
                let (was_unknown, channel_works) = (flags & 1 == 1, flags & 2 == 2);
                found.push(Progress { attempts, tries: attempts, age, was_unknown, channel_works });
            }
        }
    }
    found
}

#[test]
fn a_message_counts_as_accepted_only_if_the_service_said_so() {
    for (_, phase, signal, outcome) in all() {
        let says_so = matches!(
            (phase, signal),
            (Phase::Answered, Signal::Http(200..=299))
                | (Phase::BeforeWrite | Phase::Answered, Signal::Smtp(SmtpStep::Content, 200..=299))
        );
        assert_eq!(outcome == Outcome::Accepted, says_so, "{phase:?} {signal:?}");
    }
}

#[test]
fn a_written_message_without_an_answer_is_always_unknown() {
    for (_, phase, signal, outcome) in all().filter(|(_, phase, ..)| *phase == Phase::AfterWrite) {
        assert!(matches!(outcome, Outcome::Unknown(_)), "{phase:?} {signal:?} {outcome:?}");
    }
}

/// RFC 5321 says that a mail refused after its content was not taken. A webhook or another service says it by a status of
/// 3xx or 4xx, and by 503 where a repetition is harmless.
#[test]
fn a_written_message_counts_as_not_sent_only_if_the_service_said_so() {
    for (kind, phase, signal, outcome) in all() {
        let is_written = matches!(phase, Phase::AfterWrite | Phase::Answered);
        if is_written && matches!(outcome, Outcome::NotSent(_) | Outcome::Rejected(_)) {
            let says_so = match signal {
                Signal::Smtp(SmtpStep::Content, code) => (400..=599).contains(&code),
                Signal::Smtp(..) => true,
                Signal::Http(503) => promise(kind) == Promise::AtLeastOnce,
                Signal::Http(status) => (300..=499).contains(&status),
                _ => false,
            };
            assert!(says_so, "{kind:?} {phase:?} {signal:?} {outcome:?}");
        }
    }
}

#[test]
fn before_a_message_is_written_only_a_dead_process_leaves_doubt() {
    for (.., signal, outcome) in all().filter(|(_, phase, ..)| *phase == Phase::BeforeWrite) {
        let is_clear = matches!(outcome, Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Accepted);
        // What only an answer, a report or a reply to the content can say contradicts the phase.
        let is_contradiction = matches!(
            signal,
            Signal::Http(_)
                | Signal::Bounce { .. }
                | Signal::Taken
                | Signal::Delivered
                | Signal::Read
                | Signal::Smtp(SmtpStep::Content, _)
        );
        assert!(is_clear || is_contradiction || signal == Signal::LeaseExpired, "{signal:?} {outcome:?}");
    }
}

#[test]
fn an_attempt_always_has_a_result_and_a_later_report_never_is_one() {
    for (kind, phase, signal, outcome) in all() {
        let is_result = outcome.of_attempt().is_some();
        assert_eq!(is_result, phase != Phase::Reported, "{kind:?} {phase:?} {signal:?} {outcome:?}");
        let stored = match outcome {
            Outcome::Accepted => Some(AttemptOutcome::Accepted),
            Outcome::Rejected(_) => Some(AttemptOutcome::Rejected),
            Outcome::NotSent(_) => Some(AttemptOutcome::NotSent),
            Outcome::Unknown(_) => Some(AttemptOutcome::Unknown),
            _ => None,
        };
        assert_eq!(outcome.of_attempt(), stored);
        let has_reason = !matches!(
            outcome,
            Outcome::Accepted | Outcome::Taken | Outcome::Delivered | Outcome::Read | Outcome::Ignored
        );
        assert_eq!(outcome.reason().is_some(), has_reason, "{outcome:?}");
    }
    assert_eq!(Outcome::Bounced.reason(), Some(Reason::Bounced));
}

#[test]
fn each_report_has_its_meaning() {
    for (signal, expected) in [
        (Signal::Bounce { is_permanent: true }, Outcome::Bounced),
        // A server that still tries has the mail.
        (Signal::Bounce { is_permanent: false }, Outcome::Taken),
        (Signal::Taken, Outcome::Taken),
        (Signal::Delivered, Outcome::Delivered),
        (Signal::Read, Outcome::Read),
        (Signal::Http(200), Outcome::Ignored),
        (Signal::LeaseExpired, Outcome::Ignored),
        (Signal::NotSendable, Outcome::Ignored),
    ] {
        for kind in ChannelKind::ALL {
            assert_eq!(outcome(*kind, Phase::Reported, signal), expected, "{signal:?}");
        }
    }
}

#[test]
fn each_reply_of_a_mail_server_has_its_meaning() {
    use Outcome::{Accepted, NotSent, Rejected, Unknown};
    use SmtpStep::{Authentication, Content, Data, Greeting, Hello, Recipient, Sender};
    for (step, code, expected) in [
        (Greeting, 421, NotSent(Reason::Unreachable)),
        (Greeting, 554, NotSent(Reason::ChannelBroken)),
        (Greeting, 250, NotSent(Reason::Unreachable)),
        (Hello, 450, NotSent(Reason::Unreachable)),
        (Hello, 550, NotSent(Reason::ChannelBroken)),
        (Authentication, 454, NotSent(Reason::ChannelBroken)),
        (Authentication, 535, NotSent(Reason::ChannelBroken)),
        (Sender, 451, NotSent(Reason::RateLimited)),
        (Sender, 523, Rejected(Reason::TooLarge)),
        (Sender, 552, Rejected(Reason::TooLarge)),
        (Sender, 553, NotSent(Reason::ChannelBroken)),
        (Recipient, 421, NotSent(Reason::RateLimited)),
        (Recipient, 450, NotSent(Reason::RateLimited)),
        (Recipient, 550, Rejected(Reason::RefusedRecipient)),
        (Recipient, 552, Rejected(Reason::RefusedRecipient)),
        (Recipient, 530, NotSent(Reason::ChannelBroken)),
        (Recipient, 535, NotSent(Reason::ChannelBroken)),
        (Data, 451, NotSent(Reason::RateLimited)),
        (Data, 552, Rejected(Reason::TooLarge)),
        (Data, 554, Rejected(Reason::RefusedContent)),
        (Data, 250, NotSent(Reason::Unreachable)),
        (Content, 250, Accepted),
        (Content, 421, NotSent(Reason::RateLimited)),
        (Content, 451, NotSent(Reason::RateLimited)),
        (Content, 523, Rejected(Reason::TooLarge)),
        (Content, 550, Rejected(Reason::RefusedContent)),
        (Content, 552, Rejected(Reason::TooLarge)),
        (Content, 554, Rejected(Reason::RefusedContent)),
        (Content, 99, Unknown(Reason::NoAnswer)),
        (Content, 354, Unknown(Reason::NoAnswer)),
        (Recipient, 999, NotSent(Reason::Unreachable)),
    ] {
        let signal = Signal::Smtp(step, code);
        for phase in [Phase::BeforeWrite, Phase::Answered] {
            assert_eq!(outcome(ChannelKind::Email, phase, signal), expected, "{signal:?}");
        }
    }
}

#[test]
fn each_status_of_a_webhook_has_its_meaning() {
    use Outcome::{Accepted, NotSent, Rejected, Unknown};
    for (status, expected) in [
        (200, Accepted),
        (204, Accepted),
        (301, NotSent(Reason::ChannelBroken)),
        (400, Rejected(Reason::RefusedContent)),
        (401, NotSent(Reason::ChannelBroken)),
        (403, NotSent(Reason::ChannelBroken)),
        (404, NotSent(Reason::ChannelBroken)),
        (405, NotSent(Reason::ChannelBroken)),
        (407, NotSent(Reason::ChannelBroken)),
        (408, NotSent(Reason::RateLimited)),
        (410, NotSent(Reason::ChannelBroken)),
        (413, Rejected(Reason::TooLarge)),
        (415, Rejected(Reason::RefusedContent)),
        (418, Rejected(Reason::RefusedContent)),
        (422, Rejected(Reason::RefusedContent)),
        (425, NotSent(Reason::RateLimited)),
        (429, NotSent(Reason::RateLimited)),
        (500, Unknown(Reason::Unreachable)),
        (502, Unknown(Reason::Unreachable)),
        (503, NotSent(Reason::Unreachable)),
        (504, Unknown(Reason::Unreachable)),
        (100, Unknown(Reason::NoAnswer)),
        (600, Unknown(Reason::NoAnswer)),
    ] {
        let found = outcome(ChannelKind::Webhook, Phase::Answered, Signal::Http(status));
        assert_eq!(found, expected, "{status}");
    }
    for status in 500..=599 {
        let error = outcome(ChannelKind::Whatsapp, Phase::Answered, Signal::Http(status));
        assert_eq!(error, Unknown(Reason::NoAnswer), "it cannot be repeated");
    }
}

#[test]
fn each_trouble_before_the_message_has_its_meaning() {
    for (signal, expected) in [
        (Signal::NoConnection, Outcome::NotSent(Reason::Unreachable)),
        (Signal::Silence, Outcome::NotSent(Reason::Unreachable)),
        (Signal::NoTls, Outcome::NotSent(Reason::ChannelBroken)),
        (Signal::AddressRefused, Outcome::NotSent(Reason::ChannelBroken)),
        (Signal::NotBegun, Outcome::NotSent(Reason::Interrupted)),
        (Signal::NotSendable, Outcome::Rejected(Reason::NoAddress)),
        (Signal::LeaseExpired, Outcome::Unknown(Reason::Interrupted)),
    ] {
        for kind in ChannelKind::ALL {
            assert_eq!(outcome(*kind, Phase::BeforeWrite, signal), expected, "{signal:?}");
        }
    }
    let silence = outcome(ChannelKind::Webhook, Phase::AfterWrite, Signal::Silence);
    assert_eq!(silence, Outcome::Unknown(Reason::NoAnswer));
}

#[test]
fn a_channel_is_blamed_only_if_no_other_message_passes() {
    for outcome in outcomes() {
        let is_of_channel = matches!(
            outcome,
            Outcome::NotSent(Reason::Unreachable | Reason::ChannelBroken)
                | Outcome::Unknown(Reason::Unreachable)
        );
        assert_eq!(outcome.is_of_channel(), is_of_channel, "{outcome:?}");
        let judges = match outcome {
            Outcome::Accepted => true,
            Outcome::Rejected(reason) => reason != Reason::NoAddress,
            _ => false,
        };
        assert_eq!(outcome.is_of_service(), judges, "{outcome:?}");
        for progress in all_progress() {
            assert_eq!(progress.blames_channel(outcome), is_of_channel && !progress.channel_works);
        }
    }
}

/// The promises, over every outcome and every progress.
#[test]
fn what_becomes_of_a_message_keeps_the_promise() {
    for (promise, outcome) in PROMISES.iter().flat_map(|it| outcomes().into_iter().map(|one| (*it, one))) {
        for progress in all_progress() {
            let next = next(promise, outcome, progress, None, 0.);
            let told = format!("{promise:?} {outcome:?} {progress:?} {next:?}");
            assert_eq!(next == Next::Sent, outcome == Outcome::Accepted, "{told}");
            assert_eq!(next == Next::Unchanged, outcome.of_attempt().is_none(), "{told}");
            let is_unknown = matches!(outcome, Outcome::Unknown(_));
            if is_unknown && promise != Promise::AtLeastOnce {
                assert!(
                    matches!(next, Next::Uncertain(_)),
                    "it may have arrived, and is not repeated: {told}"
                );
            }
            if is_unknown || progress.was_unknown {
                assert!(!matches!(next, Next::Failed(_)), "it may have arrived: {told}");
            } else {
                assert!(!matches!(next, Next::Uncertain(_)), "it has certainly not arrived: {told}");
            }
            let Next::Retry { after, counts, .. } = next else { continue };
            assert!(progress.age < MAX_AGE, "{told}");
            assert!(!counts || progress.attempts < MAX_ATTEMPTS, "{told}");
            assert!(FIRST_PAUSE <= after && after <= LONGEST_PAUSE, "{told}");
            let excused = outcome.reason() == Some(Reason::RateLimited) || progress.blames_channel(outcome);
            assert_eq!(counts, !excused, "{told}");
            assert!(matches!(outcome, Outcome::NotSent(_) | Outcome::Unknown(_)), "{told}");
        }
    }
}

#[test]
fn what_may_be_tried_again_is_tried_until_a_limit() {
    for outcome in outcomes() {
        let (Outcome::NotSent(reason) | Outcome::Unknown(reason)) = outcome else { continue };
        for progress in all_progress() {
            let is_excused = progress.blames_channel(outcome) || reason == Reason::RateLimited;
            let may = progress.age < MAX_AGE && (is_excused || progress.attempts < MAX_ATTEMPTS);
            let next = next(Promise::AtLeastOnce, outcome, progress, None, 0.);
            assert_eq!(matches!(next, Next::Retry { .. }), may, "{outcome:?} {progress:?} {next:?}");
        }
    }
}

fn progress(attempts: u32, hours: u64, was_unknown: bool) -> Progress {
    let age = Duration::from_secs(hours * 3600);
    Progress { attempts, tries: attempts, age, was_unknown, channel_works: false }
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
    assert_eq!(next(promise, unknown, progress(12, 1, false), None, 0.), Next::Uncertain(Reason::NoAnswer));
}

#[test]
fn a_broken_channel_uses_up_no_attempts_but_a_poisoned_message_does() {
    for outcome in [
        Outcome::NotSent(Reason::ChannelBroken),
        Outcome::NotSent(Reason::RateLimited),
        Outcome::Unknown(Reason::Unreachable),
    ] {
        let again = next(Promise::AtLeastOnce, outcome, progress(40, 23, false), None, 0.);
        assert!(matches!(again, Next::Retry { counts: false, .. }), "{again:?}");
    }
    let broken = Outcome::NotSent(Reason::ChannelBroken);
    let old = next(Promise::AtLeastOnce, broken, progress(40, 24, false), None, 0.);
    assert_eq!(old, Next::Failed(Reason::TooOld));
    let alone = Progress { channel_works: true, ..progress(12, 1, false) };
    let error = Outcome::Unknown(Reason::Unreachable);
    let ended = next(Promise::AtLeastOnce, error, alone, None, 0.);
    assert_eq!(ended, Next::Uncertain(Reason::Unreachable));
}

#[test]
fn pauses_grow_to_an_hour_and_respect_the_service() {
    let busy = Outcome::NotSent(Reason::RateLimited);
    let pause_after = |tries, retry_after, jitter| match next(
        Promise::AtLeastOnce,
        busy,
        progress(tries, 0, false),
        retry_after,
        jitter,
    ) {
        Next::Retry { after, .. } => after.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!([0, 1, 2, 3, 10, 11].map(|n| pause_after(n, None, 0.)), [5, 5, 10, 20, 2560, 3600]);
    assert_eq!(pause_after(u32::MAX, None, 0.), 3600);
    assert_eq!([0., 0.5, 1., 7., -1.].map(|jitter| pause_after(3, None, jitter)), [20, 22, 24, 24, 20]);
    assert_eq!(pause_after(1, Some(Duration::from_secs(90)), 0.), 90);
    assert_eq!(pause_after(1, Some(Duration::MAX), 0.), 6 * 3600, "not for ever");
    assert_eq!(pause_after(3, Some(Duration::from_secs(1)), 0.), 20);
}

/// How much is known, so that a report only ever adds to it.
fn knowledge(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Queued | DeliveryState::Uncertain | DeliveryState::Discarded => 0,
        DeliveryState::Sent => 1,
        DeliveryState::Failed => 2,
        DeliveryState::Delivered => 3,
        DeliveryState::Read => 4,
    }
}

#[test]
fn a_report_never_takes_back_what_is_known() {
    for state in DeliveryState::ALL.iter().copied() {
        for outcome in outcomes() {
            let Some(after) = after_report(state, outcome) else { continue };
            assert!(knowledge(after) > knowledge(state), "{state:?} {outcome:?} {after:?}");
            assert_eq!(after_report(after, outcome), None, "the same report again changes nothing");
        }
    }
}

#[test]
fn each_report_moves_a_message_to_what_it_proves() {
    use DeliveryState::{Delivered, Discarded, Failed, Queued, Read, Sent, Uncertain};
    let after = |outcome| {
        [Queued, Sent, Delivered, Read, Failed, Uncertain, Discarded]
            .map(|state| after_report(state, outcome).unwrap_or(state))
    };
    assert_eq!(after(Outcome::Taken), [Queued, Sent, Delivered, Read, Failed, Sent, Discarded]);
    assert_eq!(
        after(Outcome::Delivered),
        [Delivered, Delivered, Delivered, Read, Delivered, Delivered, Delivered]
    );
    assert_eq!(after(Outcome::Read), [Read; 7]);
    assert_eq!(after(Outcome::Bounced), [Queued, Failed, Delivered, Read, Failed, Failed, Discarded]);
    assert_eq!(after(Outcome::Ignored), [Queued, Sent, Delivered, Read, Failed, Uncertain, Discarded]);
}

#[test]
fn an_accepted_message_is_sent_whatever_came_before() {
    let accepted = next(Promise::AtMostOnce, Outcome::Accepted, progress(99, 99, true), None, 0.);
    assert_eq!(accepted, Next::Sent);
}
