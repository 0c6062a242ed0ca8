//! Virus scanning of every file that somebody sends.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pontual::config::ClamdAddress;
use pontual::files::Scanner;
use pontual::ids::ChannelId;
use pontual::{inbox, outbox};
use serde_json::json;

use super::{CSV, PDF, PNG};
use crate::harness::{Clamd, Folder, Mood, TestApp, eicar};

async fn scanned_by(clamd: &Clamd) -> TestApp {
    TestApp::with_variable("PONTUAL_CLAMD", &clamd.url()).await
}

fn blobs(app: &TestApp) -> i64 {
    app.database.number("SELECT count(*) AS value FROM blobs")
}

#[actix_web::test]
async fn a_virus_is_refused_wherever_it_is_sent() {
    let clamd = Clamd::start();
    let app = scanned_by(&clamd).await;
    let (admin, marina) = (app.administrator().await, app.customer(601).await);
    admin.get("/schedules/new").await;
    let found = "foi recusado: o antivírus encontrou Eicar-Signature.";
    let text = eicar();
    let page = admin.post_files("/uploads", &[], &[("nota.txt", &text)]).await;
    page.assert_status(422).assert_says(&format!("nota.txt {found}"));
    let form = [("contact_id", "601"), ("message", "Segue a nota")];
    let page = admin.post_files("/schedules", &form, &[("nota.txt", &text), ("b.pdf", PDF)]).await;
    page.assert_status(422).assert_says(&format!("nota.txt {found}"));
    assert_eq!(page.texts("[data-upload] .name"), ["b.pdf"]);
    let page = marina.post_files("/c/601/messages", &[("body", "Oi")], &[("nota.txt", &text)]).await;
    page.assert_status(422).assert_says(&format!("nota.txt {found}"));
    let picture = [PNG, &text].concat();
    let page = admin.post_files("/settings/logo", &[], &[("logo.png", &picture)]).await;
    page.assert_status(422).assert_says(&format!("logo.png {found}"));
    let list = [CSV, &text].concat();
    admin.get("/contacts/import").await;
    let page = admin.post_files("/contacts/import", &[("channel_id", "401")], &[("lista.csv", &list)]).await;
    page.assert_status(422).assert_says(&format!("lista.csv {found}"));
    assert_eq!(blobs(&app), 1, "only b.pdf is kept");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
}

#[actix_web::test]
async fn a_clean_file_reaches_the_scanner_whole_by_either_kind_of_address() {
    let clamd = Clamd::start();
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    let path = folder.path().join("clamd.ctl");
    clamd.listen_at(&path);
    let long = "linha de texto\n".repeat(20_000).into_bytes();
    for address in [clamd.url(), format!("unix:{}", path.display())] {
        let app = TestApp::with_variable("PONTUAL_CLAMD", &address).await;
        let admin = app.administrator().await;
        admin.get("/schedules/new").await;
        admin.upload("longo.txt", &long).await;
        assert_eq!(clamd.streams().pop().unwrap(), long, "{address}");
        app.shared.health.beat();
        assert_eq!(app.visitor().get("/readyz").await.assert_status(200).body, "ready\n");
    }
}

#[actix_web::test]
async fn nothing_passes_that_was_not_scanned() {
    let clamd = Clamd::start();
    let app = scanned_by(&clamd).await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let long = "linha de texto\n".repeat(20_000).into_bytes();
    for mood in [Mood::Closing, Mood::Choosy, Mood::Confused] {
        clamd.becomes(mood);
        let page = admin.post_files("/uploads", &[], &[("longo.txt", &long)]).await;
        page.assert_status(422).assert_says(
            "longo.txt não foi recebido, porque o antivírus não conseguiu verificar o arquivo. Tente de novo",
        );
    }
    app.shared.health.beat();
    let page = app.visitor().get("/readyz").await;
    let warning = "ready\nfiles: the virus scanner does not answer, and no file is accepted\n";
    assert_eq!(page.assert_status(200).body, warning);
    let away = TestApp::with_variable("PONTUAL_CLAMD", &format!("tcp://{}", free_address())).await;
    let marina = away.customer(601).await;
    let page = marina.post_files("/c/601/messages", &[("body", "Segue")], &[("a.pdf", PDF)]).await;
    page.assert_status(422).assert_says(
        "a.pdf não foi recebido, porque o antivírus não está respondendo. Tente de novo em alguns minutos.",
    );
    assert_eq!(page.texts("textarea"), ["Segue"]);
    away.shared.health.beat();
    assert_eq!(away.visitor().get("/readyz").await.body, warning);
    assert_eq!((blobs(&app), blobs(&away)), (0, 0));
}

/// An address at which nobody listens.
fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[actix_web::test]
async fn a_scanner_that_says_nothing_is_given_up() {
    let clamd = Clamd::start();
    clamd.becomes(Mood::Silent);
    let address: ClamdAddress = clamd.url().parse().unwrap();
    let scanner = Scanner::with_time_limit(Duration::from_millis(200), address);
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, PDF).unwrap();
    let error = scanner.scan(&path).await.unwrap_err();
    assert!(error.to_string().starts_with("the virus scanner could not scan the file"), "{error}");
    assert!(!scanner.answers().await);
    clamd.becomes(Mood::Working);
    Scanner::new(clamd.url().parse().unwrap()).scan(&path).await.unwrap();
}

/// An e-mail channel that receives this mail.
async fn mail_with(app: &TestApp, files: &[(&str, &[u8])]) {
    app.database.execute(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings) VALUES
             (450, 'email', 'E-mail', 101, '{"address": "contato@mail.example", "user": "contato@mail.example",
                "smtp_host": "127.0.0.1", "smtp_port": 25, "smtp_security": "none",
                "imap_host": "127.0.0.1", "imap_port": 143, "imap_security": "none"}')"#,
    );
    let parts: String = files
        .iter()
        .map(|(name, content)| {
            format!(
                "--x\nContent-Type: application/octet-stream; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\
                 Content-Disposition: attachment; filename=\"{name}\"\n\n{}\n",
                STANDARD.encode(content)
            )
        })
        .collect();
    let mail = format!(
        "From: Raul Braga <raul@mail.example>\nTo: contato@mail.example\nSubject: Nota\nMessage-ID: <r1@mail.example>\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSegue a nota.\n\
         {parts}--x--\n"
    );
    inbox::store(&mut app.database.connect(), ChannelId(450), "r1@mail.example", mail.as_bytes()).unwrap();
}

async fn take(app: &TestApp, channel: i64) {
    let context = outbox::worker::WorkerContext {
        files: app.shared.files.clone(),
        cipher: app.shared.channel_secrets.clone(),
        options: app.shared.transports.clone(),
    };
    while inbox::worker::read_next(&app.shared.db, &context, ChannelId(channel)).await.unwrap() {}
}

#[actix_web::test]
async fn a_virus_in_a_mail_is_kept_out_and_the_thread_says_so() {
    let clamd = Clamd::start();
    let app = scanned_by(&clamd).await;
    mail_with(&app, &[("nota.txt", &eicar()), ("contrato.pdf", PDF)]).await;
    take(&app, 450).await;
    let contact = app.database.number("SELECT id AS value FROM contacts WHERE channel_id = 450");
    let page = app.attendant().await.get(&format!("/contacts/{contact}/conversation")).await;
    page.assert_says("Segue a nota.")
        .assert_says("[Arquivo não recebido: nota.txt foi recusado: o antivírus encontrou Eicar-Signature.]");
    assert_eq!(page.texts(".msg .file .name"), ["contrato.pdf"]);
    assert_eq!(blobs(&app), 1);
}

#[actix_web::test]
async fn a_mail_waits_while_the_scanner_is_away() {
    let clamd = Clamd::start();
    let away = TestApp::with_variable("PONTUAL_CLAMD", &format!("tcp://{}", free_address())).await;
    mail_with(&away, &[("contrato.pdf", PDF)]).await;
    take(&away, 450).await;
    let waiting = "SELECT count(*) AS value FROM inbox WHERE taken_at IS NULL AND problem IS NULL";
    assert_eq!(away.database.number(waiting), 1);
    assert_eq!(away.database.number("SELECT count(*) AS value FROM messages"), 0);
    away.database.execute("UPDATE inbox SET next_try_at = now()");
    let back = away.another_with("PONTUAL_CLAMD", &clamd.url()).await;
    take(&back, 450).await;
    assert_eq!(away.database.number(waiting), 0);
    assert_eq!(away.database.number("SELECT count(*) AS value FROM attachments"), 1);
}

#[actix_web::test]
async fn a_virus_in_a_webhook_is_kept_out_and_the_thread_says_so() {
    let clamd = Clamd::start();
    let app = scanned_by(&clamd).await;
    app.database.execute(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings)
           VALUES (411, 'webhook', 'Sistema', 101, '{"url": "https://sistema.example/"}')"#,
    );
    let body = json!({ "type": "message.created", "data": { "from": { "id": "marta-7" }, "text": "Segue",
        "files": [{ "name": "nota.txt", "content": STANDARD.encode(eicar()) }] } });
    inbox::store(&mut app.database.connect(), ChannelId(411), "evt_1", body.to_string().as_bytes()).unwrap();
    take(&app, 411).await;
    assert_eq!(
        app.database.texts("SELECT body AS value FROM messages WHERE kind = 'customer'"),
        ["Segue\n\n[Arquivo não recebido: nota.txt foi recusado: o antivírus encontrou Eicar-Signature.]"]
    );
    assert_eq!(blobs(&app), 0);
}
