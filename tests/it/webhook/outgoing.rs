//! Messages that are handed over, and what the receiver may do to them.

use std::time::{Duration, Instant};

use pontual::channels::webhook::{PREVIOUS_SECRET, SECRET, SignedHead, SigningSecrets};

use super::{
    OTHER_WHSEC, Sending, WHSEC, add_channel, add_contact, channels, desk, secrets, state_of, ticket_of,
    write,
};
use crate::harness::{Answer, Delivery, Receiver, TestApp, until};

fn is_signed(delivery: &Delivery, secret: &str) -> bool {
    let head =
        SignedHead { id: &delivery.id, timestamp: &delivery.timestamp, signature: &delivery.signature };
    let secrets = SigningSecrets::of(&secrets(&[(SECRET, secret)])).unwrap();
    secrets.verify(head, &delivery.body, chrono::Utc::now().timestamp())
}

fn attempts(app: &TestApp, message: i64) -> Vec<String> {
    app.database.texts(&format!(
        "SELECT concat(outcome, ': ', detail) AS value FROM outbox_attempts
          WHERE message_id = {message} AND outcome IS NOT NULL ORDER BY number"
    ))
}

#[actix_web::test]
async fn a_message_arrives_signed_and_its_files_can_be_fetched() {
    let app = desk().await;
    let receiver = Receiver::always(Answer::Status(200));
    channels(&app, &[receiver.url()]);
    let message = write(&app, &app.attendant().await, ticket_of(&app, 411_000), "Segue a proposta").await;
    app.keep(b"a file").await;
    app.database.execute(&format!(
        "INSERT INTO attachments (sha256, file_name, message_id) VALUES (sha256('a file'), 'Orçamento 1#.txt', {message})"
    ));
    let sending = Sending::start(&app);
    until(|| state_of(&app, message) == "sent");
    drop(sending);
    let delivery = receiver.ledger().remove(0);
    assert!(is_signed(&delivery, WHSEC) && !is_signed(&delivery, OTHER_WHSEC));
    let event = delivery.json();
    let data = &event["data"];
    assert_eq!(event["type"], "message.created");
    assert_eq!((&data["id"], &data["text"]), (&delivery.id.as_str().into(), &"Segue a proposta".into()));
    assert_eq!((&data["contact"]["id"], &data["author"]), (&"cliente".into(), &"Bruno Lima".into()));
    assert_eq!((&data["department"], &data["contact"]["name"]), (&"Suporte".into(), &"Cliente 411".into()));
    assert!(data["ticket"]["protocol"].as_i64().unwrap() > 0);
    let file = &data["files"][0];
    assert_eq!((&file["name"], &file["size"]), (&"Orçamento 1#.txt".into(), &6.into()));
    let base = app.shared.config.link("");
    let path = file["url"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned();
    let stranger = app.visitor();
    assert_eq!(stranger.get(&path).await.assert_status(200).bytes, b"a file");
    for forged in [
        path.replace("1%23", "2%23"),
        path.replace("until=1", "until=2"),
        path.replace("channel=4", "channel=5"),
    ] {
        assert_ne!(forged, path);
        stranger.get(&forged).await.assert_status(404);
    }
    stranger.get(path.split('?').next().unwrap()).await.assert_status(404);
}

#[actix_web::test]
async fn each_answer_and_each_silence_has_its_outcome() {
    let app = desk().await;
    let elsewhere = Receiver::always(Answer::Status(200));
    let receivers = [
        (Answer::Status(204), "sent", "accepted: HTTP 204"),
        (Answer::With(429, "retry-after", "600".to_owned()), "queued rate_limited", "not_sent: HTTP 429"),
        (Answer::Status(500), "queued unreachable", "unknown: HTTP 500"),
        (Answer::Status(503), "queued unreachable", "not_sent: HTTP 503"),
        (Answer::With(301, "location", elsewhere.url()), "queued channel_broken", "not_sent: HTTP 301"),
        (Answer::Status(410), "queued channel_broken", "not_sent: HTTP 410"),
        (Answer::Status(422), "failed refused_content", "rejected: HTTP 422"),
        (Answer::Silence, "queued no_answer", "unknown: sem resposta em 2 segundos"),
        (Answer::Closing, "queued no_answer", "unknown: a conexão caiu sem resposta"),
        (Answer::Endless, "sent", "accepted: HTTP 200"),
        (Answer::Drip, "sent", "accepted: HTTP 200"),
    ];
    let receivers = receivers.map(|(answer, state, attempt)| (Receiver::always(answer), state, attempt));
    let mut urls: Vec<_> = receivers.iter().map(|(receiver, ..)| receiver.url()).collect();
    urls.push("http://127.0.0.1:1/".to_owned());
    urls.push("http://nothing.invalid/".to_owned());
    let (bruno, mut sent) = (app.attendant().await, Vec::new());
    for channel in channels(&app, &urls) {
        sent.push(write(&app, &bruno, ticket_of(&app, channel * 1000), "Olá").await);
    }
    let sending = Sending::start(&app);
    until(|| sent.iter().all(|message| !attempts(&app, *message).is_empty()));
    drop(sending);
    let expected: Vec<_> = receivers.iter().map(|(_, state, attempt)| (*state, *attempt)).collect();
    let unreachable = [("queued unreachable", "not_sent: sem conexão"), ("queued unreachable", "not_sent: ")];
    for ((message, url), (state, attempt)) in
        sent.iter().zip(&urls).zip(expected.into_iter().chain(unreachable))
    {
        assert_eq!(state_of(&app, *message), state, "{url} {attempt}");
        let first = attempts(&app, *message).remove(0);
        assert!(first.starts_with(attempt), "{first}, not {attempt}");
    }
    assert_eq!(elsewhere.ledger().len(), 0, "a redirect is not followed");
    let wait = format!(
        "SELECT extract(epoch FROM next_attempt_at - now())::bigint AS value FROM outbox WHERE message_id = {}",
        sent[1]
    );
    assert!(app.database.number(&wait) > 500, "the receiver asked for ten minutes");
}

#[actix_web::test]
async fn a_private_address_is_not_called_unless_the_operator_allows_it() {
    let app = TestApp::new().await;
    let receiver = Receiver::always(Answer::Status(200));
    let hosts = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"];
    let urls: Vec<_> = hosts.iter().map(|host| format!("https://{host}:{}/", receiver.port())).collect();
    let (bruno, mut sent) = (app.attendant().await, Vec::new());
    for channel in channels(&app, &urls) {
        sent.push(write(&app, &bruno, ticket_of(&app, channel * 1000), "Olá").await);
    }
    let sending = Sending::start(&app);
    until(|| sent.iter().all(|message| !attempts(&app, *message).is_empty()));
    drop(sending);
    for (message, host) in sent.iter().zip(hosts) {
        let attempt = attempts(&app, *message).remove(0);
        assert!(attempt.starts_with("not_sent: o endereço fica em uma rede privada"), "{host}: {attempt}");
        assert_eq!(state_of(&app, *message), "queued channel_broken");
    }
    assert_eq!(receiver.ledger().len(), 0);
}

#[actix_web::test]
async fn a_refused_message_does_not_stop_the_next_ones() {
    let app = desk().await;
    let receiver = Receiver::answering(|delivery| match delivery.text().as_str() {
        "veneno" => Answer::Status(422),
        _ => Answer::Status(200),
    });
    channels(&app, &[receiver.url()]);
    let (bruno, ticket) = (app.attendant().await, ticket_of(&app, 411_000));
    let mut sent = Vec::new();
    for text in ["um", "veneno", "dois"] {
        sent.push(write(&app, &bruno, ticket, text).await);
    }
    let sending = Sending::start(&app);
    until(|| state_of(&app, sent[2]) == "sent");
    drop(sending);
    assert_eq!(receiver.texts(), ["um", "veneno", "dois"]);
    assert_eq!(state_of(&app, sent[1]), "failed refused_content");
    let notified = "SELECT count(*) AS value FROM notifications WHERE kind = 'message_failed'";
    assert_eq!(app.database.number(notified), 1);
}

/// It is not the channel's fault while other messages pass, and is given up after the maximum of attempts.
#[actix_web::test]
async fn a_message_that_breaks_the_receiver_is_given_up_while_the_queue_moves_on() {
    let app = desk().await;
    let receiver = Receiver::answering(|delivery| match delivery.text().as_str() {
        "veneno" => Answer::Status(500),
        _ => Answer::Status(200),
    });
    channels(&app, &[receiver.url()]);
    add_contact(&app.database, 411_001, 411, "outra");
    let (bruno, one, other) = (app.attendant().await, ticket_of(&app, 411_000), ticket_of(&app, 411_001));
    let poison = write(&app, &bruno, one, "veneno").await;
    let behind = write(&app, &bruno, one, "depois").await;
    let sending = Sending::start(&app);
    until(|| attempts(&app, poison).len() == 1);
    for number in 2..=13 {
        let passes = write(&app, &bruno, other, &format!("passa {number}")).await;
        until(|| state_of(&app, passes) == "sent");
        sending.hurry(&app);
        until(|| attempts(&app, poison).len() == number);
    }
    until(|| state_of(&app, behind) == "sent");
    drop(sending);
    assert_eq!(state_of(&app, poison), "uncertain unreachable", "the receiver may have taken it");
    let given = receiver.ledger().into_iter().filter(|delivery| delivery.text() == "veneno");
    // The first one counts only if another message passes: it could be the receiver's fault.
    assert_eq!(given.count(), 13);
    let failures = "SELECT failures_in_a_row::bigint AS value FROM channel_states WHERE channel_id = 411";
    assert_eq!(app.database.number(failures), 0);
    let notified = "SELECT count(*) AS value FROM notifications WHERE kind = 'message_failed'";
    assert_eq!(app.database.number(notified), 1);
}

#[actix_web::test]
async fn the_order_of_each_contact_is_kept_and_a_repetition_has_the_same_id() {
    let app = desk().await;
    let mut refusals = 2;
    let receiver = Receiver::answering(move |delivery| match delivery.text().as_str() {
        "a1" if refusals > 0 => {
            refusals -= 1;
            Answer::Status(503)
        }
        _ => Answer::Status(200),
    });
    channels(&app, &[receiver.url()]);
    add_contact(&app.database, 411_001, 411, "outra");
    let (bruno, one, other) = (app.attendant().await, ticket_of(&app, 411_000), ticket_of(&app, 411_001));
    let mut last = 0;
    for number in 1..=5 {
        write(&app, &bruno, other, &format!("b{number}")).await;
        last = write(&app, &bruno, one, &format!("a{number}")).await;
    }
    let sending = Sending::start(&app);
    until(|| receiver.texts().contains(&"b5".to_owned()));
    assert!(!receiver.texts().contains(&"a2".to_owned()), "a2 waits for a1");
    until(|| {
        sending.hurry(&app);
        state_of(&app, last) == "sent"
    });
    drop(sending);
    let of = |contact: char| {
        let texts = receiver.texts().into_iter().filter(|text| text.starts_with(contact));
        texts.collect::<Vec<_>>()
    };
    assert_eq!(of('a'), ["a1", "a1", "a1", "a2", "a3", "a4", "a5"]);
    assert_eq!(of('b'), ["b1", "b2", "b3", "b4", "b5"]);
    let firsts: Vec<_> = receiver.ledger().into_iter().filter(|delivery| delivery.text() == "a1").collect();
    assert!(firsts.iter().all(|delivery| delivery.id == firsts[0].id && is_signed(delivery, WHSEC)));
    let ids: std::collections::BTreeSet<_> = receiver.ledger().into_iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 10);
}

#[actix_web::test]
async fn a_channel_that_hangs_does_not_delay_the_others() {
    let app = desk().await;
    let receivers = [Answer::Silence, Answer::Status(200), Answer::Status(200)].map(Receiver::always);
    let ids = channels(&app, &receivers.each_ref().map(Receiver::url));
    let (bruno, mut sent) = (app.attendant().await, Vec::new());
    for channel in ids {
        let ticket = ticket_of(&app, channel * 1000);
        for number in 0..8 {
            sent.push(write(&app, &bruno, ticket, &number.to_string()).await);
        }
    }
    let began = Instant::now();
    let sending = Sending::start(&app);
    until(|| sent[8..].iter().all(|message| state_of(&app, *message) == "sent"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(sending);
}

#[actix_web::test]
async fn while_a_secret_is_changed_both_sign() {
    let app = desk().await;
    let receiver = Receiver::always(Answer::Status(200));
    let both = secrets(&[(SECRET, OTHER_WHSEC), (PREVIOUS_SECRET, WHSEC)]);
    add_channel(&app.database, &app.shared.channel_secrets, 411, &receiver.url(), &both);
    let message = write(&app, &app.attendant().await, ticket_of(&app, 411_000), "Olá").await;
    let sending = Sending::start(&app);
    until(|| state_of(&app, message) == "sent");
    drop(sending);
    let delivery = receiver.ledger().remove(0);
    assert!(is_signed(&delivery, WHSEC) && is_signed(&delivery, OTHER_WHSEC));
}
