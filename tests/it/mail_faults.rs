//! What a mail server may do to a message, and what becomes of the message, beside the server's own ledger.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::harness::SmtpAct::{Drop, Hang, Reply};
use crate::harness::{Answer, Receiver, SmtpAct, SmtpServer, TestApp, until};
use crate::webhook::{Sending, channels, desk, state_of, ticket_of, write};

/// Adds an e-mail channel at a server, with a contact whose id is a thousand times the channel's.
fn add_channel(app: &TestApp, id: i64, server: &SmtpServer) {
    app.database.execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings)
           VALUES ({id}, 'email', 'E-mail {id}', 101,
                   '{{"address": "contato@mail.example", "smtp_host": "127.0.0.1", "smtp_port": {},
                     "smtp_security": "none"}}');
           INSERT INTO contacts (id, channel_id, name) VALUES ({id}000, {id}, 'Cliente {id}');
           INSERT INTO contact_identities (contact_id, channel_id, kind, value)
           VALUES ({id}000, {id}, 'email', 'cliente-{id}@mail.example')"#,
        server.port()
    ));
}

/// A server that acts so at one command, until it is repaired.
fn faulty(at: &'static str, act: SmtpAct, is_repaired: &Arc<AtomicBool>) -> SmtpServer {
    let is_repaired = is_repaired.clone();
    SmtpServer::acting(move |command| {
        let is_here = if at.is_empty() { command.is_empty() } else { command.starts_with(at) };
        (is_here && !is_repaired.load(Ordering::SeqCst)).then_some(act)
    })
}

fn attempts(app: &TestApp, message: i64) -> i64 {
    app.database.number(&format!(
        "SELECT count(*) AS value FROM outbox_attempts WHERE message_id = {message} AND outcome IS NOT NULL"
    ))
}

#[actix_web::test]
async fn each_fault_of_a_mail_server_has_its_outcome_and_no_mail_is_lost_or_invented() {
    let app = desk().await;
    // The fault, the state after it, and whether the server has read the mail then.
    let faults = [
        ("", Hang, "queued unreachable", false),
        ("RCPT", Hang, "queued unreachable", false),
        (".", Hang, "queued no_answer", true),
        ("", Drop, "queued unreachable", false),
        ("DATA", Drop, "queued unreachable", false),
        (".", Drop, "queued no_answer", true),
        ("", Reply("421 4.3.2 closing"), "queued unreachable", false),
        ("RCPT", Reply("421 4.3.2 closing"), "queued rate_limited", false),
        ("RCPT", Reply("451 4.7.1 greylisted"), "queued rate_limited", false),
        ("DATA", Reply("451 4.3.0 later"), "queued rate_limited", false),
        (".", Reply("451 4.3.0 later"), "queued rate_limited", true),
        ("RCPT", Reply("550 5.1.1 no such user"), "failed refused_recipient", false),
        (".", Reply("550 5.7.1 spam"), "failed refused_content", true),
        ("MAIL", Reply("552 5.3.4 too large"), "failed too_large", false),
        (".", Reply("552 5.3.4 too large"), "failed too_large", true),
    ];
    let is_repaired = Arc::new(AtomicBool::new(false));
    let servers = faults.map(|(at, act, ..)| faulty(at, act, &is_repaired));
    let (bruno, mut sent) = (app.attendant().await, Vec::new());
    for (id, server) in (500..).zip(&servers) {
        add_channel(&app, id, server);
        sent.push(write(&app, &bruno, ticket_of(&app, id * 1000), "Olá! Tudo bem?").await);
    }
    let sending = Sending::start(&app);
    until(|| sent.iter().all(|message| attempts(&app, *message) > 0));
    for ((at, act, state, _), message) in faults.iter().zip(&sent) {
        assert_eq!(state_of(&app, *message), *state, "{at} {act:?}");
    }
    is_repaired.store(true, Ordering::SeqCst);
    let is_over = |message: &i64| !state_of(&app, *message).starts_with("queued");
    until(|| {
        sending.hurry(&app);
        sent.iter().all(is_over)
    });
    drop(sending);
    for (((at, act, state, is_read), message), server) in faults.iter().zip(&sent).zip(&servers) {
        let end = if state.starts_with("failed") { state } else { "sent" };
        assert_eq!(state_of(&app, *message), end, "{at} {act:?}");
        let ledger = server.ledger();
        let mails = if *is_read { attempts(&app, *message) } else { i64::from(end == "sent") };
        assert_eq!(ledger.len() as i64, mails, "{at} {act:?}");
        for mail in &ledger {
            let mail = MessageParser::default().parse(mail).unwrap();
            let id = format!("SELECT provider_id AS value FROM outbox WHERE message_id = {message}");
            assert_eq!(
                mail.message_id().unwrap(),
                app.database.texts(&id)[0],
                "a repetition has the same id"
            );
            assert_eq!(mail.body_text(0).unwrap().trim_end(), "Olá! Tudo bem?");
        }
    }
}

#[actix_web::test]
async fn a_mail_server_that_hangs_delays_no_other_channel() {
    let app = desk().await;
    let hanging = SmtpServer::acting(|_| Some(Hang));
    let (good, webhook) = (SmtpServer::acting(|_| None), Receiver::always(Answer::Status(200)));
    add_channel(&app, 500, &hanging);
    add_channel(&app, 501, &good);
    channels(&app, &[webhook.url()]);
    let (bruno, mut sent) = (app.attendant().await, Vec::new());
    for contact in [500_000, 501_000, 411_000] {
        let ticket = ticket_of(&app, contact);
        for number in 0..4 {
            sent.push(write(&app, &bruno, ticket, &number.to_string()).await);
        }
    }
    let began = Instant::now();
    let sending = Sending::start(&app);
    until(|| sent[4..].iter().all(|message| state_of(&app, *message) == "sent"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(sending);
    assert_eq!((good.ledger().len(), webhook.ledger().len(), hanging.ledger().len()), (4, 4, 0));
}

#[actix_web::test]
async fn a_mail_that_is_refused_does_not_stop_the_next_ones_and_their_order_is_kept() {
    let app = desk().await;
    let mut mails = 0;
    let server = SmtpServer::acting(move |command| {
        mails += usize::from(command == ".");
        (command == "." && mails == 2).then_some(Reply("554 5.6.0 poisoned"))
    });
    add_channel(&app, 500, &server);
    let (bruno, ticket) = (app.attendant().await, ticket_of(&app, 500_000));
    let mut sent = Vec::new();
    for text in ["um", "veneno", "dois", "três"] {
        sent.push(write(&app, &bruno, ticket, text).await);
    }
    let sending = Sending::start(&app);
    until(|| state_of(&app, sent[3]) == "sent");
    drop(sending);
    assert_eq!(state_of(&app, sent[1]), "failed refused_content");
    let texts: Vec<_> = server
        .ledger()
        .iter()
        .map(|mail| MessageParser::default().parse(mail).unwrap().body_text(0).unwrap().trim_end().to_owned())
        .collect();
    assert_eq!(texts, ["um", "veneno", "dois", "três"]);
}
