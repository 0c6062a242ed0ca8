//! What comes by any service is taken whole, and once.

use pontual::channels::IdentityKind;
use pontual::contacts::identities::Identity;
use pontual::files::FileName;
use pontual::ids::ChannelId;
use pontual::inbox::{ChannelMessage, IncomingFile, Taken, take};

use crate::harness::TestApp;

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (411, 'webhook', 'Sistema', 101)",
    );
    app
}

fn message(id: &str, text: &str) -> ChannelMessage {
    ChannelMessage {
        channel: ChannelId(411),
        provider_id: id.to_owned(),
        identities: vec![Identity { kind: IdentityKind::External, value: "marta-7".to_owned() }],
        name: Some(" Marta\n Reis ".to_owned()),
        text: text.to_owned(),
        quoted: String::new(),
        files: Vec::new(),
        refused_files: Vec::new(),
        answers: Vec::new(),
    }
}

fn taken(app: &TestApp, message: &ChannelMessage) -> Taken {
    use diesel::Connection;
    app.database.connect().transaction(|conn| take(conn, message)).unwrap()
}

fn bodies(app: &TestApp) -> Vec<String> {
    app.database.texts("SELECT body AS value FROM messages WHERE kind = 'customer' ORDER BY id")
}

#[actix_web::test]
async fn a_text_longer_than_a_message_becomes_several() {
    let app = app().await;
    let text = "Um parágrafo de um e-mail muito longo.\n\n".repeat(260);
    let long = ChannelMessage { quoted: "> Bom dia".to_owned(), ..message("m1", &text) };
    assert!(matches!(taken(&app, &long), Taken::Written(_)));
    let parts = bodies(&app);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.join("\n\n"), text.trim());
    let ids = "SELECT coalesce(provider_id, '') || quoted AS value FROM messages WHERE kind = 'customer' ORDER BY id";
    assert_eq!(app.database.texts(ids), ["m1> Bom dia", "", ""]);
    assert_eq!(
        app.database.texts("SELECT name AS value FROM contacts WHERE channel_id = 411"),
        ["Marta Reis"]
    );
    let ticket = app.database.number("SELECT max(id) AS value FROM tickets");
    let page = app.administrator().await.get(&format!("/tickets/{ticket}")).await;
    assert_eq!(page.texts(".quoted"), ["Mostrar citação > Bom dia"]);
}

#[actix_web::test]
async fn a_message_is_taken_once_by_its_id() {
    let app = app().await;
    let strange = "x\u{7}".repeat(400);
    for id in ["m1", strange.as_str()] {
        assert!(matches!(taken(&app, &message(id, "Oi\0 você\r\nAdeus")), Taken::Written(_)));
        assert_eq!(taken(&app, &message(id, "Oi de novo")), Taken::Known);
    }
    assert_eq!(bodies(&app), ["Oi você\nAdeus", "Oi você\nAdeus"]);
}

#[actix_web::test]
async fn no_file_is_lost() {
    let app = app().await;
    app.keep(b"a file").await;
    let hash =
        app.database.texts("SELECT encode(sha256('a file'), 'hex') AS value").remove(0).parse().unwrap();
    let file = |number: usize| IncomingFile { name: FileName::of(&format!("{number}.txt")), hash };
    let many = ChannelMessage { files: (1..=12).map(file).collect(), ..message("m1", "Doze arquivos") };
    taken(&app, &many);
    let only = ChannelMessage {
        files: vec![file(13)],
        refused_files: vec!["a.exe não é um tipo de arquivo aceito.".to_owned()],
        ..message("m2", "")
    };
    taken(&app, &only);
    taken(&app, &ChannelMessage { files: vec![file(14)], ..message("m3", " ") });
    taken(&app, &message("m4", ""));
    let counts = "SELECT concat(m.body, ' ', count(a.id)) AS value
                    FROM messages m LEFT JOIN attachments a ON a.message_id = m.id
                   WHERE m.kind = 'customer' GROUP BY m.id ORDER BY m.id";
    assert_eq!(
        app.database.texts(counts),
        [
            "Doze arquivos 5",
            " 5",
            " 2",
            "[Arquivo não recebido: a.exe não é um tipo de arquivo aceito.] 1",
            " 1",
            "(mensagem sem texto) 0"
        ]
    );
}

#[actix_web::test]
async fn who_answers_from_another_address_is_the_contact_that_was_written_to() {
    let app = app().await;
    taken(&app, &message("m1", "Oi"));
    app.database.execute(
        "INSERT INTO messages (id, contact_id, ticket_id, kind, author_id, body)
         SELECT 9001, contact_id, id, 'attendant', 303, 'Olá' FROM tickets;
         INSERT INTO outbox (message_id, contact_id, channel_id, state, provider_id, delivered_at, ended_at)
         SELECT 9001, contact_id, 411, 'delivered', 'msg_1', now(), now() FROM tickets",
    );
    let other = vec![Identity { kind: IdentityKind::External, value: "marta-casa".to_owned() }];
    let answer = ChannelMessage {
        identities: other,
        answers: vec!["msg_0".to_owned(), "msg_1".to_owned()],
        ..message("m2", "Sou eu")
    };
    taken(&app, &answer);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts WHERE channel_id = 411"), 1);
    assert_eq!(bodies(&app), ["Oi", "[Respondeu de outro endereço: marta-casa]\n\nSou eu"]);
    let known = "SELECT value FROM contact_identities WHERE channel_id = 411";
    assert_eq!(app.database.texts(known), ["marta-7"], "later messages go where they went before");
}

#[actix_web::test]
async fn an_answer_to_an_anonymised_contact_is_of_a_new_customer() {
    let app = app().await;
    taken(&app, &message("m1", "Oi"));
    app.database.execute(
        "INSERT INTO messages (id, contact_id, ticket_id, kind, author_id, body)
         SELECT 9001, contact_id, id, 'attendant', 303, 'Olá' FROM tickets;
         INSERT INTO outbox (message_id, contact_id, channel_id, state, provider_id, delivered_at, ended_at)
         SELECT 9001, contact_id, 411, 'delivered', 'msg_1', now(), now() FROM tickets",
    );
    let contact = app.database.number("SELECT id AS value FROM contacts WHERE channel_id = 411");
    let admin = app.administrator().await;
    admin.get(&format!("/contacts/{contact}/anonymisation")).await;
    let sure = [("understood", "1")];
    admin.post(&format!("/contacts/{contact}/anonymisation"), &sure).await.assert_status(303);
    let answer = ChannelMessage { answers: vec!["msg_1".to_owned()], ..message("m2", "Sou eu") };
    assert!(matches!(taken(&app, &answer), Taken::Written(new) if new.0 != contact));
    let known = format!("SELECT count(*) AS value FROM contact_identities WHERE contact_id = {contact}");
    assert_eq!(app.database.number(&known), 0);
}

#[actix_web::test]
async fn a_contact_that_is_named_by_its_address_can_still_be_edited() {
    let app = app().await;
    let value = "é".repeat(200);
    let identities = vec![Identity { kind: IdentityKind::External, value }];
    taken(&app, &ChannelMessage { identities, name: None, ..message("m1", "Oi") });
    let name = app.database.texts("SELECT name AS value FROM contacts WHERE channel_id = 411");
    assert_eq!(name, ["é".repeat(120)]);
}
