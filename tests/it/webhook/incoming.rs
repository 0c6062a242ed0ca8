//! Events that the other side sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pontual::channels::webhook::{PREVIOUS_SECRET, SECRET, SigningSecrets};
use serde_json::json;

use super::{
    OTHER_WHSEC, Sending, WHSEC, add_channel, channels, customer_sends, desk, message, post, secrets, signed,
    state_of, take_all, ticket_of, write,
};
use crate::harness::{Answer, Receiver, TestApp, until};

async fn one_channel() -> (TestApp, i64) {
    let app = desk().await;
    let ids = channels(&app, &["http://127.0.0.1:9/".to_owned()]);
    (app, ids[0])
}

fn bodies(app: &TestApp) -> Vec<String> {
    app.database.texts("SELECT body AS value FROM messages WHERE kind = 'customer' ORDER BY id")
}

#[actix_web::test]
async fn a_message_that_comes_a_hundred_times_is_taken_once() {
    let (app, channel) = one_channel().await;
    let body = message("marta-7", "Bom dia, meu pedido chegou quebrado.");
    for _ in 0..50 {
        customer_sends(&app, channel, "evt_1", &body).await;
    }
    take_all(&app, channel).await;
    for _ in 0..50 {
        customer_sends(&app, channel, "evt_1", &body).await;
    }
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["Bom dia, meu pedido chegou quebrado."]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM inbox"), 1);
    let contact = "SELECT concat(c.name, ', ', i.value, ', ', c.channel_id) AS value
                     FROM contacts c JOIN contact_identities i ON i.contact_id = c.id WHERE i.value = 'marta-7'";
    assert_eq!(app.database.texts(contact), ["Marta Reis, marta-7, 411"]);
    let tickets = "SELECT count(*) AS value FROM tickets WHERE status = 'open' AND department_id = 101";
    assert_eq!(app.database.number(tickets), 1);
    assert_eq!(app.database.number("SELECT octet_length(payload)::bigint AS value FROM inbox"), 0);
    assert_eq!(app.database.number("SELECT count(last_received_at) AS value FROM channel_states"), 1);
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_says("Marta Reis").assert_says("meu pedido chegou quebrado");
}

#[actix_web::test]
async fn events_that_come_in_any_order_many_times_and_again_a_day_later_have_one_effect() {
    let (app, channel) = one_channel().await;
    let bodies_sent: Vec<_> = (0..20)
        .map(|number| message(&format!("cliente-{}", number % 3), &format!("mensagem {number}")))
        .collect();
    // 7 and 20 have no common divisor: each round gives all of them, in an order of its own.
    for (round, start) in [0, 3, 11, 5, 17].into_iter().enumerate() {
        for step in 0..20 {
            let number = (start + step * 7) % 20;
            customer_sends(&app, channel, &format!("evt_{number}"), &bodies_sent[number]).await;
        }
        if round > 0 {
            take_all(&app, channel).await;
        }
    }
    let once = |app: &TestApp| {
        let mut found = bodies(app);
        found.sort_by_key(|body| body.split(' ').nth(1).unwrap().parse::<u32>().unwrap());
        assert_eq!(found, (0..20).map(|number| format!("mensagem {number}")).collect::<Vec<_>>());
    };
    once(&app);
    app.database.execute(
        "UPDATE inbox SET received_at = received_at - interval '25 hours', taken_at = taken_at - interval '25 hours'",
    );
    let then = chrono::Utc::now().timestamp() - 25 * 3600;
    let secrets = SigningSecrets::of(&secrets(&[(SECRET, WHSEC)])).unwrap();
    let old = [
        ("webhook-id", "evt_0".to_owned()),
        ("webhook-timestamp", then.to_string()),
        ("webhook-signature", secrets.sign("evt_0", then, bodies_sent[0].as_bytes())),
    ];
    assert_eq!(post(&app, channel, &old, &bodies_sent[0]).await, 401, "a recorded request");
    for (number, body) in bodies_sent.iter().enumerate() {
        customer_sends(&app, channel, &format!("evt_{number}"), body).await;
    }
    take_all(&app, channel).await;
    once(&app);
    let contacts = "SELECT count(*) AS value FROM contact_identities WHERE value LIKE 'cliente-%'";
    assert_eq!(app.database.number(contacts), 3);
}

#[actix_web::test]
async fn anonymising_a_customer_erases_what_nobody_has_taken() {
    let (app, channel) = one_channel().await;
    let app = app.with_made_up_rows("the contact is archived without an audit");
    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 411000");
    customer_sends(&app, channel, "evt_1", &message("cliente", "Meu CPF é 111")).await;
    app.database.execute(&format!(
        "INSERT INTO inbox (channel_id, provider_id, payload, problem)
         VALUES ({channel}, 'evt_2', 'not json: raul-88', 'não pôde ser lido')"
    ));
    take_all(&app, channel).await;
    customer_sends(&app, channel, "evt_3", &message("cliente", "E moro na rua 222")).await;
    let admin = app.administrator().await;
    admin.get("/contacts/411000/anonymisation").await;
    let sure = [("understood", "1"), ("open_ticket", "none")];
    admin.post("/contacts/411000/anonymisation", &sure).await.assert_status(303);
    let kept = "SELECT provider_id || ': ' || convert_from(payload, 'UTF8') AS value FROM inbox
                 WHERE payload <> '' OR problem IS NOT NULL OR taken_at IS NULL";
    assert_eq!(app.database.texts(kept), ["evt_2: not json: raul-88"]);
    customer_sends(&app, channel, "evt_3", &message("cliente", "E moro na rua 222")).await;
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), [""; 0]);
    admin.get(&format!("/channels/{channel}")).await.assert_does_not_say("O contato está arquivado.");
}

#[actix_web::test]
async fn only_what_the_other_side_signed_lately_is_stored() {
    let (app, channel) = one_channel().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id, deactivated_at)
         VALUES (430, 'webhook', 'Antigo', 101, now()), (431, 'webhook', 'Sem segredo', 101, NULL)",
    );
    let body = message("marta-7", "oi");
    let good = signed(WHSEC, "evt_1", &body);
    let without =
        |name: &str| good.clone().into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    let with = |name: &str, value: &str| {
        good.clone().map(|(known, old)| (known, if known == name { value.to_owned() } else { old }))
    };
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert_eq!(post(&app, channel, &without(name), &body).await, 401, "without {name}");
        assert_eq!(post(&app, channel, &with(name, ""), &body).await, 401, "empty {name}");
        assert_eq!(post(&app, channel, &with(name, "1"), &body).await, 401, "forged {name}");
    }
    let stale = (chrono::Utc::now().timestamp() - 301).to_string();
    assert_eq!(post(&app, channel, &with("webhook-timestamp", &stale), &body).await, 401);
    assert_eq!(post(&app, channel, &signed(OTHER_WHSEC, "evt_1", &body), &body).await, 401);
    assert_eq!(post(&app, channel, &good, &message("marta-7", "ola")).await, 401);
    assert_eq!(post(&app, channel, &[], &body).await, 401);
    assert_eq!(post(&app, 431, &good, &body).await, 401);
    for unknown in [401, 430, 999] {
        assert_eq!(post(&app, unknown, &good, &body).await, 404, "{unknown}");
    }
    let long = message("marta-7", &"x".repeat(1 << 20));
    assert_eq!(post(&app, channel, &signed(WHSEC, "evt_2", &long), &long).await, 413);
    for wrong in ["", "{}", r#"{"type":"moon.landed","data":{}}"#, &message("", "oi"), &message("a", " ")] {
        assert_eq!(post(&app, channel, &signed(WHSEC, "evt_3", wrong), wrong).await, 400, "{wrong}");
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM inbox"), 0);
    assert_eq!(post(&app, channel, &good, &body).await, 200);
}

#[actix_web::test]
async fn while_a_secret_is_changed_both_are_valid() {
    let (app, _) = one_channel().await;
    let both = secrets(&[(SECRET, OTHER_WHSEC), (PREVIOUS_SECRET, WHSEC)]);
    add_channel(&app.database, &app.shared.channel_secrets, 440, "http://127.0.0.1:9/", &both);
    let body = message("marta-7", "oi");
    assert_eq!(post(&app, 440, &signed(WHSEC, "evt_1", &body), &body).await, 200);
    assert_eq!(post(&app, 440, &signed(OTHER_WHSEC, "evt_2", &body), &body).await, 200);
}

#[actix_web::test]
async fn files_are_kept_byte_for_byte_and_refused_ones_are_named() {
    let (app, channel) = one_channel().await;
    let pdf = crate::files::PDF;
    let body = json!({
        "type": "message.created",
        "data": {
            "from": { "id": "marta-7" },
            "text": "Segue o contrato",
            "files": [
                { "name": "contrato.pdf", "content": STANDARD.encode(pdf) },
                { "name": "virus.exe", "content": STANDARD.encode(b"MZ\x90\0") }
            ]
        }
    });
    customer_sends(&app, channel, "evt_1", &body.to_string()).await;
    take_all(&app, channel).await;
    let text = bodies(&app).remove(0);
    assert!(text.starts_with("Segue o contrato\n\n[Arquivo não recebido: virus.exe não é um tipo"), "{text}");
    let bruno = app.attendant().await;
    let contact =
        app.database.number("SELECT contact_id AS value FROM contact_identities WHERE value = 'marta-7'");
    let page = bruno.get(&format!("/contacts/{contact}/conversation")).await;
    let link = page.attribute("a[href^='/files/']", "href").unwrap();
    assert_eq!(bruno.get(&link).await.assert_status(200).bytes, pdf);
    app.other_attendant().await.get(&link).await.assert_status(404);
}

#[actix_web::test]
async fn what_cannot_be_read_is_shown_and_does_not_stop_what_follows() {
    let (app, channel) = one_channel().await;
    app.database.execute(&format!(
        "INSERT INTO inbox (channel_id, provider_id, payload) VALUES ({channel}, 'evt_0', 'no json')"
    ));
    customer_sends(&app, channel, "evt_1", &message("marta-7", "primeira")).await;
    customer_sends(&app, channel, "evt_2", &message("marta-7", "segunda")).await;
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["primeira", "segunda"]);
    let problem = app.database.texts("SELECT problem AS value FROM inbox WHERE problem IS NOT NULL");
    assert!(problem[0].starts_with("O evento não pôde ser lido"), "{problem:?}");
}

#[actix_web::test]
async fn a_row_that_ends_the_process_again_and_again_is_shown_and_left_alone() {
    let (app, channel) = one_channel().await;
    customer_sends(&app, channel, "evt_1", &message("marta-7", "mata o processo")).await;
    app.database.execute("UPDATE inbox SET tries = 6, claimed_until = now() - interval '1 second'");
    customer_sends(&app, channel, "evt_2", &message("marta-7", "segunda")).await;
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["segunda"]);
    let admin = app.administrator().await;
    let page = admin.get(&format!("/channels/{channel}")).await;
    page.assert_says("A mensagem não pôde ser lida. A causa está no log do servidor.");
    let row = app.database.number("SELECT id AS value FROM inbox WHERE problem IS NOT NULL");
    admin.post(&format!("/channels/{channel}/inbox/{row}/retry"), &[]).await.assert_status(303);
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["segunda", "mata o processo"]);
}

#[actix_web::test]
async fn a_message_of_an_archived_contact_waits_for_a_person() {
    let (app, channel) = one_channel().await;
    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 411000");
    customer_sends(&app, channel, "evt_1", &message("cliente", "Voltei")).await;
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), [""; 0]);
    let admin = app.administrator().await;
    admin.get(&format!("/channels/{channel}")).await.assert_says("O contato está arquivado.");
    app.database.execute("UPDATE contacts SET archived_at = NULL WHERE id = 411000");
    let row = app.database.number("SELECT id AS value FROM inbox WHERE problem IS NOT NULL");
    admin.post(&format!("/channels/{channel}/inbox/{row}/retry"), &[]).await.assert_status(303);
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["Voltei"]);
}

#[actix_web::test]
async fn what_came_before_a_channel_was_deactivated_waits_until_it_is_active_again() {
    let (app, channel) = one_channel().await;
    customer_sends(&app, channel, "evt_1", &message("cliente", "Oi")).await;
    app.database.execute("UPDATE channels SET deactivated_at = now() WHERE id = 411");
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), [""; 0]);
    app.database.execute("UPDATE channels SET deactivated_at = NULL WHERE id = 411");
    take_all(&app, channel).await;
    assert_eq!(bodies(&app), ["Oi"]);
}

#[actix_web::test]
async fn the_other_side_reports_what_became_of_a_message() {
    let app = desk().await;
    let receiver = Receiver::always(Answer::Status(200));
    let channel = channels(&app, &[receiver.url()])[0];
    let (bruno, ticket) = (app.attendant().await, ticket_of(&app, 411_000));
    let mut sent = Vec::new();
    for text in ["um", "dois", "três"] {
        sent.push(write(&app, &bruno, ticket, text).await);
    }
    let sending = Sending::start(&app);
    until(|| sent.iter().all(|message| state_of(&app, *message) == "sent"));
    drop(sending);
    let ids: Vec<_> = receiver.ledger().into_iter().map(|delivery| delivery.id).collect();
    let report = |kind: &str, id: &str| {
        json!({ "type": kind, "data": { "id": id, "reason": "número inexistente" } }).to_string()
    };
    let reports = [
        ("r1", report("message.read", &ids[0])),
        ("r2", report("message.delivered", &ids[0])),
        ("r3", report("message.delivered", &ids[1])),
        ("r4", report("message.failed", &ids[2])),
        ("r5", report("message.read", "msg_unknown")),
        ("r6", report("message.sent", &ids[1])),
    ];
    for (id, body) in &reports {
        customer_sends(&app, channel, id, body).await;
    }
    take_all(&app, channel).await;
    let states: Vec<_> = sent.iter().map(|message| state_of(&app, *message)).collect();
    assert_eq!(states, ["read", "delivered", "failed bounced"]);
    let detail = "SELECT detail AS value FROM outbox WHERE state = 'failed'";
    assert_eq!(app.database.texts(detail), ["número inexistente"]);
    let waiting = "SELECT count(*) AS value FROM inbox WHERE taken_at IS NULL";
    assert_eq!(app.database.number(waiting), 1, "the report about an unknown message is tried again");
}
