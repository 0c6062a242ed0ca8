//! Encrypted connections to mail servers, and what "Testar conexão" says of those that are not safe.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::desk::Desk;
use super::servers::MailServers;
use crate::harness::TestApp;

/// Of the process that does not know the authority, and of the one that does.
const UNKNOWN: &str = "o certificado é de uma autoridade que o servidor do Pontual não conhece";
const SAFE: &str =
    "com conexão segura; o usuário seguro@mail.example entrou. Recebimento: caixa de entrada com 0 e-mails";

#[actix_web::test]
async fn with_tls_and_with_starttls_both_servers_are_reached_by_their_names_only() {
    let Some(servers) = MailServers::get() else { return };
    let desk = Desk::open(servers).await;
    let channel = desk.connect("seguro", &[]).await;
    desk.test(&channel).await.assert_says(SAFE);

    let [submission, imap] = [servers.ports.submission, servers.ports.imap].map(|port| port.to_string());
    let starttls = [
        ("smtp_security", "starttls"),
        ("smtp_port", submission.as_str()),
        ("imap_security", "starttls"),
        ("imap_port", imap.as_str()),
    ];
    desk.change(&channel, "seguro", &starttls).await;
    desk.test(&channel).await.assert_says(SAFE);

    let other_name =
        "127.0.0.1 não oferece uma conexão segura válida: o certificado é de um servidor com outro nome";
    for security in [&[][..], &starttls[..]] {
        desk.change(&channel, "seguro", &[security, &[("smtp_host", "127.0.0.1")]].concat()).await;
        desk.test(&channel).await.assert_says(&format!("Envio: {other_name}"));
        desk.change(&channel, "seguro", &[security, &[("imap_host", "127.0.0.1")]].concat()).await;
        desk.test(&channel).await.assert_says(&format!("Recebimento: {other_name}"));
    }

    desk.change(&channel, "seguro", &[("smtp_port", submission.as_str())]).await;
    desk.test(&channel).await.assert_says("esta porta não usa TLS desde o início; talvez seja a de STARTTLS");
    desk.change(&channel, "seguro", &[("password", "errada")]).await;
    desk.test(&channel).await.assert_says("Envio: 535 5.7.8").assert_does_not_say("errada");
}

/// Presses "Testar conexão" for a channel with these settings of the servers, on a Pontual that does not know the
/// authority.
async fn test(app: &TestApp, smtp: (u16, &str), imap: (u16, &str)) -> String {
    app.database.execute(&format!(
        r#"DELETE FROM channel_states WHERE channel_id = 450; DELETE FROM channels WHERE id = 450;
           INSERT INTO channels (id, kind, name, default_department_id, settings) VALUES
             (450, 'email', 'E-mail', 101,
              '{{"address": "contato@mail.example", "user": "",
                "smtp_host": "localhost", "smtp_port": {}, "smtp_security": "{}",
                "imap_host": "localhost", "imap_port": {}, "imap_security": "{}"}}')"#,
        smtp.0, smtp.1, imap.0, imap.1
    ));
    let admin = app.administrator().await;
    admin.get("/channels/450").await;
    admin.post("/channels/450/test", &[]).await.texts(".notice-body").join(" ")
}

#[actix_web::test]
async fn an_unknown_authority_and_a_server_without_starttls_are_refused() {
    let Some(servers) = MailServers::get() else { return };
    let app = TestApp::with_variable("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes").await;
    let app = app.with_made_up_rows("a channel that is replaced");
    let ports = &servers.ports;
    let plain = (ports.scripted, "none");
    let without_starttls = imap_without_starttls();
    for (smtp, imap, expected) in [
        (
            (ports.submissions, "tls"),
            plain,
            format!("Envio: localhost não oferece uma conexão segura válida: {UNKNOWN}"),
        ),
        ((ports.submission, "starttls"), plain, UNKNOWN.to_owned()),
        ((ports.scripted, "starttls"), plain, "o servidor não tem STARTTLS".to_owned()),
        (
            plain,
            (ports.imaps, "tls"),
            format!("Recebimento: localhost não oferece uma conexão segura válida: {UNKNOWN}"),
        ),
        (plain, (ports.imap, "starttls"), UNKNOWN.to_owned()),
        (
            plain,
            (without_starttls, "starttls"),
            "Recebimento: localhost não oferece uma conexão segura válida: o servidor não tem STARTTLS"
                .to_owned(),
        ),
    ] {
        let said = test(&app, smtp, imap).await;
        assert!(said.contains(&expected), "{smtp:?} {imap:?}: {said}");
    }
}

/// An IMAP server that refuses every command. Returns its port.
fn imap_without_starttls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.write_all(b"* OK ready\r\n").ok();
            let mut command = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut command).ok();
            let tag = command.split(' ').next().unwrap_or_default();
            stream.write_all(format!("{tag} BAD unknown command\r\n").as_bytes()).ok();
        }
    });
    port
}
