//! What a server refuses, and what then happens to the message.

use pontual::channels::{Secrets, TransportOptions, email};
use pontual::ids::ChannelId;
use pontual::outbox::worker::{self, Control, WorkerContext};

use super::servers::{MailServers, PASSWORD};
use crate::files::PDF;
use crate::harness::{TestApp, until};
use crate::schedules::form;

const CHANNEL: i64 = 450;

/// Adds an e-mail channel at the scripted server, and a contact with this address.
fn connect(app: &TestApp, servers: &MailServers, contact: &str) {
    let mut secrets = Secrets::default();
    secrets.set(email::PASSWORD, PASSWORD.to_owned());
    let sealed = app.shared.channel_secrets.encrypt(ChannelId(CHANNEL), &secrets).unwrap();
    app.database.execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets) VALUES
             ({CHANNEL}, 'email', 'E-mail', 101,
              '{{"address": "contato@mail.example", "user": "contato@mail.example",
                "smtp_host": "127.0.0.1", "smtp_port": {}, "smtp_security": "none"}}', '\x{}');
           INSERT INTO contacts (id, channel_id, name) VALUES (650, {CHANNEL}, 'Raul Braga');
           INSERT INTO contact_identities (contact_id, channel_id, kind, value)
           VALUES (650, {CHANNEL}, 'email', '{contact}');"#,
        servers.ports.scripted,
        hex::encode(sealed)
    ));
}

/// The outbox' workers, which end with this value.
struct Sending(Control);

impl Sending {
    fn start(app: &TestApp) -> Self {
        let options = TransportOptions { allows_private_addresses: true, ..app.shared.transports.clone() };
        let (files, cipher) = (app.shared.files.clone(), app.shared.channel_secrets.clone());
        let control = Control::default();
        drop(worker::start(&app.database.url, WorkerContext { files, cipher, options }, control.clone()));
        Self(control)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[actix_web::test]
async fn each_refusal_of_a_server_becomes_the_state_of_the_message() {
    let Some(servers) = MailServers::get() else { return };
    for (name, expected) in [
        ("rcpt-550", "failed refused_recipient"),
        ("rcpt-421", "queued rate_limited"),
        ("data-451", "queued rate_limited"),
        ("dot-552", "failed too_large"),
        ("dot-550", "failed refused_content"),
        // It is sent again, with the same Message-ID.
        ("drop-dot", "queued no_answer"),
    ] {
        let app = TestApp::new().await.with_made_up_rows("the channel and the contact have no history");
        connect(&app, servers, &format!("{name}@mail.example"));
        let sending = Sending::start(&app);
        send_file(&app).await;
        let ended = "SELECT count(*) AS value FROM outbox_attempts WHERE outcome IS NOT NULL";
        until(|| app.database.number(ended) > 0);
        let state = app.database.texts("SELECT concat_ws(' ', state, reason) AS value FROM outbox");
        assert_eq!(state, [expected], "{name}");
        drop(sending);
    }
    assert_eq!(servers.count("dot-552"), 0);
    assert_eq!(servers.count("drop-dot"), 1);
}

/// Schedules a message with a file to the contact, and lets it fall due.
async fn send_file(app: &TestApp) {
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let file = admin.upload("Orçamento de São João.pdf", PDF).await;
    let mut fields = form(&[("contact_id", "650"), ("message", "Olá, Raul!\r\nSegue o orçamento.")]);
    fields.push(("files", file.as_str()));
    admin.post("/schedules", &fields).await.assert_status(303);
    app.database.execute("UPDATE schedules SET due_at = now() - interval '1 second'");
    assert_eq!(pontual::dispatcher::tick(&mut app.database.connect()).unwrap().completed, 1);
}
