//! E-mail with real servers: messages go out by SMTP, and answers come in by IMAP.

mod servers;

use mail_parser::{MessageParser, MimeHeaders};
use pontual::channels::{ChannelKind, Secrets, TransportOptions, email};
use pontual::ids::ChannelId;
use pontual::inbox::{self, ChannelMessage, Read, Reading};
use pontual::outbox::worker::{self, Control, WorkerContext};

use crate::files::PDF;
use crate::harness::{TestApp, until};
use crate::schedules::form;
use servers::{MailServers, PASSWORD};

const CHANNEL: i64 = 450;

/// Adds an e-mail channel at the servers, and a contact with this address.
fn connect(app: &TestApp, servers: &MailServers, contact: &str) {
    let mut secrets = Secrets::default();
    secrets.set(email::PASSWORD, PASSWORD.to_owned());
    let sealed = app.shared.channel_secrets.encrypt(ChannelId(CHANNEL), &secrets).unwrap();
    let (smtp_port, imap_port) = (servers.smtp_port, servers.imap_port);
    app.database.execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets) VALUES
             ({CHANNEL}, 'email', 'E-mail', 101,
              '{{"address": "contato@mail.example", "user": "contato@mail.example",
                "smtp_host": "127.0.0.1", "smtp_port": {smtp_port}, "smtp_security": "none",
                "imap_host": "127.0.0.1", "imap_port": {imap_port}, "imap_security": "none"}}', '\x{}');
           INSERT INTO contacts (id, channel_id, name) VALUES (650, {CHANNEL}, 'Raul Braga');
           INSERT INTO contact_identities (contact_id, channel_id, kind, value)
           VALUES (650, {CHANNEL}, 'email', '{contact}');"#,
        hex::encode(sealed)
    ));
}

fn options(app: &TestApp) -> TransportOptions {
    TransportOptions { allows_private_addresses: true, ..app.shared.transports.clone() }
}

fn workshop(app: &TestApp) -> WorkerContext {
    WorkerContext {
        files: app.shared.files.clone(),
        cipher: app.shared.channel_secrets.clone(),
        options: options(app),
    }
}

/// The outbox' workers, which end with this value.
struct Sending(Control);

impl Sending {
    fn start(app: &TestApp) -> Self {
        let control = Control::default();
        drop(worker::start(&app.database.url, workshop(app), control.clone()));
        Self(control)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.stop();
    }
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

fn state(app: &TestApp) -> String {
    app.database.texts("SELECT concat_ws(' ', state, reason) AS value FROM outbox").join(", ")
}

#[actix_web::test]
async fn a_message_lies_in_the_customers_account_and_the_answer_in_its_ticket() {
    let Some(servers) = MailServers::start() else { return };
    let app = TestApp::new().await.with_made_up_rows("the channel and the contact have no history");
    connect(&app, &servers, "raul@mail.example");
    let options = options(&app);
    let fetching =
        email::fetch::start(&app.database.url, app.shared.channel_secrets.clone(), options.clone());
    let is_watched = "SELECT count(*) AS value FROM channel_states WHERE receiving ? 'uid'";
    until(|| app.database.number(is_watched) == 1);

    let sending = Sending::start(&app);
    send_file(&app).await;
    until(|| state(&app) == "sent");
    let bytes = servers.newest("raul");
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.body_text(0).unwrap().trim_end(), "Olá, Raul!\r\nSegue o orçamento.");
    let file = mail.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("Orçamento de São João.pdf"));
    assert_eq!(file.contents(), PDF);

    let id = mail.message_id().unwrap();
    assert_eq!(app.database.texts("SELECT provider_id AS value FROM outbox"), [id]);
    let sender = mail.from().unwrap().first().unwrap().address().unwrap();
    let answer = format!(
        "From: Raul Braga <raul@mail.example>\nTo: {sender}\nSubject: Outro assunto\nMessage-ID: <r1@mail.example>\n\
         In-Reply-To: <{id}>\n\nPode fazer.\n\nEm 30 de nov. de 2026, Pontual escreveu:\n> Segue o orçamento.\n"
    );
    servers.send("raul@mail.example", sender, &answer);
    until(|| app.database.number("SELECT count(*) AS value FROM inbox") == 1);
    let read = read_newest(&app, &options).await;
    assert_eq!((read.text.as_str(), read.provider_id.as_str()), ("Pode fazer.", "r1@mail.example"));
    assert_eq!(read.answers, [id]);
    assert!(read.quoted.ends_with("> Segue o orçamento."));
    assert_eq!(read.identities[0].value, "raul@mail.example");
    let workshop = workshop(&app);
    while inbox::worker::read_next(&app.shared.db, &workshop, ChannelId(CHANNEL)).await.unwrap() {}
    let thread = "SELECT body AS value FROM messages WHERE contact_id = 650 ORDER BY id";
    // Below the events of the ticket.
    assert_eq!(app.database.texts(thread)[2..], ["Olá, Raul!\nSegue o orçamento.", "Pode fazer."]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE contact_id = 650"), 1);
    assert_eq!(servers.count("contato"), 1, "nothing is deleted on the server");
    drop(sending);
    fetching.stop();
}

/// What the channel reads in the newest row of the inbox.
async fn read_newest(app: &TestApp, options: &TransportOptions) -> ChannelMessage {
    let newest = |what: &str| {
        let sql = format!("SELECT {what} AS value FROM inbox ORDER BY id DESC LIMIT 1");
        app.database.texts(&sql).remove(0)
    };
    let settings =
        app.database.texts(&format!("SELECT settings::text AS value FROM channels WHERE id = {CHANNEL}"));
    let reading = Reading {
        channel: ChannelId(CHANNEL),
        settings: &serde_json::from_str(&settings[0]).unwrap(),
        provider_id: &newest("provider_id"),
        payload: &hex::decode(newest("encode(payload, 'hex')")).unwrap(),
        db: &app.shared.db,
        files: &app.shared.files,
        options,
    };
    match reading.read(ChannelKind::Email).await.unwrap() {
        Read::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn each_refusal_of_a_real_server_becomes_the_state_of_the_message() {
    let Some(servers) = MailServers::start() else { return };
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
        connect(&app, &servers, &format!("{name}@mail.example"));
        let sending = Sending::start(&app);
        send_file(&app).await;
        until(|| {
            app.database.number("SELECT count(*) AS value FROM outbox_attempts WHERE outcome IS NOT NULL") > 0
        });
        assert_eq!(state(&app), expected, "{name}");
        drop(sending);
    }
    assert_eq!(servers.count("dot-552"), 0);
    assert_eq!(servers.count("drop-dot"), 1);
}
