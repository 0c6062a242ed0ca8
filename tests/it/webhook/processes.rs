//! Several processes, and processes that die.

use std::process::Stdio;

use pontual::channels::SecretCipher;
use pontual::channels::webhook::SECRET;
use pontual::keys::Keys;

use super::{
    Sending, WHSEC, add_channel, add_contact, channels, customer_sends, desk, message, secrets, signed,
    state_of, ticket_of, workshop, write,
};
use crate::harness::{Answer, Database, Receiver, Serving, until};

#[actix_web::test]
async fn two_workers_at_once_send_each_message_once() {
    let app = desk().await;
    let receiver = Receiver::always(Answer::Status(200));
    channels(&app, &[receiver.url()]);
    let bruno = app.attendant().await;
    let mut sent = Vec::new();
    for contact in 411_001..411_006 {
        add_contact(&app.database, contact, 411, &format!("c{contact}"));
        let ticket = ticket_of(&app, contact);
        for number in 0..6 {
            sent.push(write(&app, &bruno, ticket, &format!("{contact} {number}")).await);
        }
    }
    let both = [Sending::start(&app), Sending::start(&app)];
    until(|| sent.iter().all(|message| state_of(&app, *message) == "sent"));
    drop(both);
    let mut texts = receiver.texts();
    texts.sort();
    texts.dedup();
    assert_eq!((texts.len(), receiver.ledger().len()), (30, 30));
}

/// The process dies after the receiver got the message, and before it recorded the answer.
#[actix_web::test]
async fn a_message_whose_sender_was_killed_is_sent_again_with_the_same_id() {
    let app = desk().await;
    let mut is_first = true;
    let receiver = Receiver::answering(move |_| match std::mem::take(&mut is_first) {
        true => Answer::Silence,
        false => Answer::Status(200),
    });
    let cipher = SecretCipher::new(&Keys::new("x".repeat(32).into_bytes()).key("channel secrets"));
    add_channel(&app.database, &cipher, 411, &receiver.url(), &secrets(&[(SECRET, WHSEC)]));
    let sent = write(&app, &app.attendant().await, ticket_of(&app, 411_000), "Olá").await;
    let folder = app.folder.path().to_str().unwrap().to_owned();
    let variables = [
        ("DATABASE_URL", app.database.url.as_str()),
        ("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes"),
        ("PONTUAL_DATA_DIR", folder.as_str()),
    ];
    let killed = Serving::with(&variables, Stdio::null());
    until(|| receiver.ledger().len() == 1);
    drop(killed);
    assert_eq!(state_of(&app, sent), "queued");
    app.database.execute("UPDATE outbox SET leased_until = now()");
    let next = Serving::with(&variables, Stdio::null());
    until(|| {
        app.database
            .execute("UPDATE outbox SET next_attempt_at = now() WHERE lease IS NULL AND state = 'queued'");
        state_of(&app, sent) == "sent"
    });
    drop(next);
    let ids: Vec<_> = receiver.ledger().into_iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    let attempts = "SELECT concat(outcome, ' ', reason) AS value FROM outbox_attempts ORDER BY number";
    assert_eq!(app.database.texts(attempts), ["unknown interrupted", "accepted "]);
}

#[actix_web::test]
async fn two_processes_that_get_the_same_event_100_times_take_it_once() {
    let app = desk().await;
    let cipher = SecretCipher::new(&Keys::new("x".repeat(32).into_bytes()).key("channel secrets"));
    add_channel(&app.database, &cipher, 411, "http://127.0.0.1:9/", &secrets(&[(SECRET, WHSEC)]));
    let folder = app.folder.path().to_str().unwrap().to_owned();
    let variables = [("DATABASE_URL", app.database.url.as_str()), ("PONTUAL_DATA_DIR", folder.as_str())];
    let both = [(); 2].map(|()| Serving::with(&variables, Stdio::null()));
    let body = message("marta-7", "Só uma vez");
    let headers = signed(WHSEC, "evt_1", &body);
    std::thread::scope(|scope| {
        for process in both.iter().cycle().take(4) {
            let (headers, body) = (&headers, &body);
            scope.spawn(move || {
                for _ in 0..25 {
                    assert_eq!(process.post("/channels/411/inbox", headers, body), Some(200));
                }
            });
        }
    });
    until(|| app.database.number("SELECT count(taken_at) AS value FROM inbox") == 1);
    drop(both);
    let texts = "SELECT body AS value FROM messages WHERE kind = 'customer'";
    assert_eq!(app.database.texts(texts), ["Só uma vez"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM inbox"), 1);
    let contacts = "SELECT count(*) AS value FROM contact_identities WHERE value = 'marta-7'";
    assert_eq!(app.database.number(contacts), 1);
}

#[actix_web::test]
async fn two_processes_take_each_message_once_and_in_order() {
    let app = desk().await;
    let channel = channels(&app, &["http://127.0.0.1:9/".to_owned()])[0];
    for number in 0..100 {
        let body = message("marta-7", &format!("mensagem {number}"));
        customer_sends(&app, channel, &format!("evt_{number}"), &body).await;
    }
    let other = app.another().await;
    let reading = [&app, &other].map(|app| {
        let (db, workshop, database) = (app.shared.db.clone(), workshop(app), app.database.url.clone());
        let database = Database { url: database };
        actix_web::rt::spawn(async move {
            let channel = pontual::ids::ChannelId(channel);
            while database.number("SELECT count(*) AS value FROM inbox WHERE taken_at IS NULL") > 0 {
                pontual::inbox::worker::read_next(&db, &workshop, channel).await.unwrap();
            }
        })
    });
    for task in reading {
        task.await.unwrap();
    }
    let bodies = app.database.texts("SELECT body AS value FROM messages WHERE kind = 'customer' ORDER BY id");
    let expected: Vec<_> = (0..100).map(|number| format!("mensagem {number}")).collect();
    assert_eq!(bodies, expected);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM contact_identities WHERE value = 'marta-7'"),
        1
    );
}
