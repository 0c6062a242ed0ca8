//! Webhook channels: what is sent, what is received, and what is promised about both.

mod incoming;
mod outgoing;
mod processes;
mod standard;

use std::time::Duration;

use chrono::Utc;
use pontual::channels::webhook::{SECRET, SigningSecrets};
use pontual::channels::{SecretCipher, Secrets, TimeLimits, TransportOptions};
use pontual::ids::ChannelId;
use pontual::inbox;
use pontual::outbox::worker::{self, Control, WorkerContext};

use crate::harness::{Database, TestApp, Visitor};

pub const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const OTHER_WHSEC: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A channel for each of these addresses: 411, 412 …
const FIRST_CHANNEL: i64 = 411;

/// An application that may call this machine.
pub async fn desk() -> TestApp {
    TestApp::with_variable("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes").await
}

pub fn secrets(pairs: &[(&str, &str)]) -> Secrets {
    let mut secrets = Secrets::default();
    pairs.iter().for_each(|(name, value)| secrets.set(name, (*value).to_owned()));
    secrets
}

/// Adds a channel that posts to `url`, with a contact whose id there is "cliente".
pub fn add_channel(database: &Database, cipher: &SecretCipher, id: i64, url: &str, secrets: &Secrets) {
    let sealed = hex::encode(cipher.encrypt(ChannelId(id), secrets).unwrap());
    database.execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets)
           VALUES ({id}, 'webhook', 'Sistema {id}', 101, '{{"url": "{url}"}}', '\x{sealed}')"#
    ));
    add_contact(database, id * 1000, id, "cliente");
}

/// Adds a contact that the other side of a channel knows as `customer`.
pub fn add_contact(database: &Database, id: i64, channel: i64, customer: &str) {
    database.execute(&format!(
        "INSERT INTO contacts (id, channel_id, name) VALUES ({id}, {channel}, 'Cliente {channel}');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value)
         VALUES ({id}, {channel}, 'external', '{customer}')"
    ));
}

/// Adds a channel for each address. Returns their ids.
pub fn channels(app: &TestApp, urls: &[String]) -> Vec<i64> {
    let add = |(id, url): (i64, &String)| {
        add_channel(&app.database, &app.shared.channel_secrets, id, url, &secrets(&[(SECRET, WHSEC)]));
        id
    };
    (FIRST_CHANNEL..).zip(urls).map(add).collect()
}

/// A contact's open ticket in "Suporte", attended by Bruno.
pub fn ticket_of(app: &TestApp, contact: i64) -> i64 {
    crate::tickets::open_ticket(app, contact, app.company.support)
}

/// An attendant writes to a contact. Returns the id of the message.
pub async fn write(app: &TestApp, attendant: &Visitor, ticket: i64, text: &str) -> i64 {
    attendant.get(&format!("/tickets/{ticket}")).await;
    let fields = [("body", text), ("kind", "message")];
    attendant.post(&format!("/tickets/{ticket}/messages"), &fields).await.assert_status(303);
    app.database.number("SELECT max(id) AS value FROM messages")
}

/// What workers need. They wait for two seconds instead of fifteen.
pub fn workshop(app: &TestApp) -> WorkerContext {
    let time_limits = TimeLimits { step: Duration::from_secs(2), attempt: Duration::from_secs(4) };
    WorkerContext {
        files: app.shared.files.clone(),
        cipher: app.shared.channel_secrets.clone(),
        options: TransportOptions { time_limits, ..app.shared.transports.clone() },
    }
}

/// Runs outbox workers until the value is dropped.
pub struct Sending(Control);

impl Sending {
    pub fn start(app: &TestApp) -> Self {
        let control = Control::default();
        drop(worker::start(&app.database.url, workshop(app), control.clone()));
        Self(control)
    }

    /// Makes waiting messages due, and wakes the workers.
    pub fn hurry(&self, app: &TestApp) {
        app.database.execute(
            "UPDATE outbox SET next_attempt_at = now(); UPDATE channel_states SET broken_until = NULL",
        );
        self.0.wake();
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// State and reason of a message, such as "failed refused_content".
pub fn state_of(app: &TestApp, message: i64) -> String {
    let sql =
        format!("SELECT concat_ws(' ', state, reason) AS value FROM outbox WHERE message_id = {message}");
    app.database.texts(&sql).join("")
}

/// Takes what waits in the inbox of a channel.
pub async fn take_all(app: &TestApp, channel: i64) {
    let workshop = workshop(app);
    while inbox::worker::read_next(&app.shared.db, &workshop, ChannelId(channel)).await.unwrap() {}
}

/// Signs a body as the other side does.
pub fn signed(secret: &str, id: &str, body: &str) -> [(&'static str, String); 3] {
    let now = Utc::now().timestamp();
    let signature = SigningSecrets::of(&secrets(&[(SECRET, secret)])).unwrap().sign(id, now, body.as_bytes());
    [("webhook-id", id.to_owned()), ("webhook-timestamp", now.to_string()), ("webhook-signature", signature)]
}

/// Posts an event as a program does: without cookies, and without the headers of a browser.
pub async fn post(app: &TestApp, channel: i64, headers: &[(&'static str, String)], body: &str) -> u16 {
    let mut request = actix_web::test::TestRequest::post()
        .uri(&format!("/channels/{channel}/inbox"))
        .set_payload(body.to_owned());
    for header in headers {
        request = request.insert_header((header.0, header.1.as_str()));
    }
    app.visitor().send(request).await.status
}

/// A customer's message, as the other side sends it.
pub fn message(customer: &str, text: &str) -> String {
    serde_json::json!({
        "type": "message.created",
        "timestamp": "2026-11-30T12:00:00.000Z",
        "data": { "from": { "id": customer, "name": "Marta Reis" }, "text": text }
    })
    .to_string()
}

/// Posts a customer's message, and asserts that it is accepted.
pub async fn customer_sends(app: &TestApp, channel: i64, id: &str, body: &str) {
    assert_eq!(post(app, channel, &signed(WHSEC, id, body), body).await, 200);
}
