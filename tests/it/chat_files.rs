//! Files that customers send on their chat page.

use std::time::Duration;

use pontual::files::{Sender, sweep};
use pontual::ids::ContactId;
use serde_json::Value;

use crate::files::{PDF, PNG};
use crate::harness::{TestApp, Visitor, multipart};

const KEY: &str = "3f1a6a4e-6a2b-4a53-9a34-0d8a2ad9f0c1";
const MESSAGES: &str = "/c/601/messages";

async fn marina(app: &TestApp) -> Visitor {
    app.customer(601).await
}

fn count(app: &TestApp, from: &str) -> i64 {
    app.database.number(&format!("SELECT count(*) AS value FROM {from}"))
}

fn temporary_files(app: &TestApp) -> usize {
    app.shared.files.temporary_files(Duration::ZERO).unwrap().len()
}

#[actix_web::test]
async fn customer_and_team_see_the_files_and_nobody_else() {
    let app = TestApp::new().await;
    let (marina, rafael) = (marina(&app).await, app.customer(602).await);
    let sent = [("comprovante.pdf", PDF), ("foto.png", PNG)];
    let answer = marina.post_files(MESSAGES, &[("body", "Segue o comprovante")], &sent).await;
    let page = marina.follow(&answer).await;
    page.assert_says("Segue o comprovante");
    assert_eq!(page.texts(".msg.out .file .name"), ["comprovante.pdf", "foto.png"]);
    assert_eq!(page.count(".msg.out .preview img"), 1);
    let own = page.attribute(".file a[download]", "href").unwrap();
    let bruno = app.attendant().await;
    let thread = bruno.get("/contacts/601/conversation").await;
    assert_eq!(thread.texts("[data-from-customer] .file .name"), ["comprovante.pdf", "foto.png"]);
    let seen = thread.attribute(".file a[download]", "href").unwrap();
    for (visitor, href) in [(&marina, &own), (&bruno, &seen)] {
        let file = visitor.get(href).await;
        assert_eq!((file.status, &file.bytes[..]), (200, PDF));
        assert!(file.header("content-disposition").starts_with("attachment"));
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-security-policy").contains("sandbox"));
    }
    rafael.get(&own.replace("/c/601/", "/c/602/")).await.assert_status(404);
    rafael.get(&own).await.assert_status(404);
    app.other_attendant().await.get(&seen).await.assert_status(404);
    app.visitor().get(&seen).await.assert_status(303);
}

#[actix_web::test]
async fn a_message_may_consist_of_files() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    marina.post_files(MESSAGES, &[("body", " ")], &[("exame.pdf", PDF)]).await.assert_status(303);
    assert_eq!(app.database.texts("SELECT body AS value FROM messages WHERE kind = 'customer'"), [""]);
    app.attendant().await.get("/tickets").await.assert_says("exame.pdf");
    let news = marina.get("/c/601/messages?after=0").await;
    assert_eq!(news.texts(".file .name"), ["exame.pdf"]);
    let page = marina.post_files(MESSAGES, &[("body", "")], &[]).await;
    page.assert_status(422).assert_says("Escreva a mensagem ou escolha um arquivo.");
}

#[actix_web::test]
async fn a_refusal_keeps_the_text_and_names_all_files_to_choose_again() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    let huge = vec![b'a'; 16 * 1024 * 1024 + 1];
    let long = "x".repeat(4097);
    let six: Vec<_> = ["1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf", "6.pdf"].map(|name| (name, PDF)).into();
    for (body, files, sentence) in [
        ("Veja", vec![("a.exe", &b"MZ\x90\0"[..]), ("b.pdf", PDF)], "a.exe não é um tipo de arquivo aceito."),
        ("Veja", vec![("vídeo.mp4", &huge[..])], "vídeo.mp4 passa de 16 MB."),
        ("Veja", vec![("nada.pdf", &b""[..]), ("b.pdf", PDF)], "nada.pdf está vazio."),
        ("Veja", six, "Envie até 5 arquivos. Ficou de fora: 6.pdf."),
        (&long, vec![("b.pdf", PDF)], "Use até 4.096 caracteres."),
    ] {
        let names = files.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let fields = [("body", body), ("client_key", KEY)];
        let page = marina.post_files(MESSAGES, &fields, &files).await;
        page.assert_status(422).assert_says(sentence);
        page.assert_says(&format!("Escolha de novo os arquivos Eles não foram enviados: {names}."));
        assert_eq!(page.texts("textarea"), [body]);
        assert_eq!(page.attribute("input[name=client_key]", "value").unwrap(), KEY);
    }
    assert_eq!((count(&app, "messages"), count(&app, "attachments"), count(&app, "tickets")), (0, 0, 0));
    assert_eq!(temporary_files(&app), 0);
}

/// A script sends the form without leaving the page, which still holds the files.
#[actix_web::test]
async fn an_open_page_is_not_told_to_choose_files_again() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    let csrf = marina.csrf();
    let fields = [("csrf", csrf.as_str()), ("body", "Veja")];
    let send = async |files: &[multipart::Sent<'_>]| {
        let kind = format!("multipart/form-data; boundary={}", multipart::BOUNDARY);
        let request =
            actix_web::test::TestRequest::post().uri(MESSAGES).insert_header(("content-type", kind));
        let request =
            request.insert_header(crate::harness::FROM_OUR_PAGE).insert_header(("hx-request", "true"));
        marina.send(request.set_payload(multipart::body(&fields, files))).await
    };
    let page = send(&[("a.exe", b"MZ\x90\0")]).await;
    page.assert_status(422).assert_does_not_say("Escolha de novo");
    assert!(page.texts("[data-composer-error]")[0].starts_with("a.exe não é um tipo de arquivo aceito."));
    send(&[("a.pdf", PDF)]).await.assert_status(204);
}

#[actix_web::test]
async fn a_message_with_files_that_is_posted_again_is_one_and_other_files_are_another() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    let fields = [("body", ""), ("client_key", KEY)];
    for files in [[("a.pdf", PDF)], [("a.pdf", PDF)], [("b.pdf", PDF)], [("c.png", PNG)], [("b.pdf", PDF)]] {
        marina.post_files(MESSAGES, &fields, &files).await.assert_status(303);
    }
    let twice = [("a.pdf", PDF), ("a.pdf", PDF)];
    marina.post_files(MESSAGES, &fields, &twice).await.assert_status(303);
    assert_eq!(
        app.database.texts("SELECT file_name AS value FROM attachments ORDER BY id"),
        ["a.pdf", "b.pdf", "c.png"]
    );
}

#[actix_web::test]
async fn what_a_link_can_send_in_a_day_is_bounded() {
    let app = TestApp::new().await;
    let (marina, rafael) = (marina(&app).await, app.customer(602).await);
    marina.post_files(MESSAGES, &[("body", "")], &[("a.pdf", PDF)]).await.assert_status(303);
    marina.post_files(MESSAGES, &[("body", "")], &[("a.exe", b"MZ\x90\0")]).await.assert_status(422);
    let volume = "SELECT bytes AS value FROM customer_upload_volumes";
    assert_eq!(app.database.number(volume), PDF.len() as i64 + 4, "what is refused counts as well");
    app.database.execute(&format!("UPDATE customer_upload_volumes SET bytes = {}", 256 * 1024 * 1024 - 1));
    let other_browser = app.customer(601).await;
    for visitor in [&marina, &other_browser] {
        let page = visitor.post_files(MESSAGES, &[("body", "Mais um")], &[("b.pdf", PDF)]).await;
        page.assert_status(422)
            .assert_says("Você enviou muitos arquivos em pouco tempo. Aguarde 24 horas e envie de novo.");
    }
    marina.post(MESSAGES, &[("body", "Só texto")]).await.assert_status(303);
    rafael.post_files("/c/602/messages", &[("body", "")], &[("b.pdf", PDF)]).await.assert_status(303);
    app.database
        .execute("UPDATE customer_upload_volumes SET day_began_at = day_began_at - interval '25 hours'");
    marina.post_files(MESSAGES, &[("body", "")], &[("b.pdf", PDF)]).await.assert_status(303);
}

#[actix_web::test]
async fn what_a_link_is_sending_at_once_is_bounded_for_this_link_alone() {
    let app = TestApp::new().await;
    let (marina, rafael) = (marina(&app).await, app.customer(602).await);
    let sender = Sender::Customer(ContactId(601));
    let mut others = app.shared.files.upload_share(sender);
    others.add(sender.max_in_progress() - PDF.len() as u64 + 1).unwrap();
    let refused = marina.post_files(MESSAGES, &[("body", "Veja")], &[("a.pdf", PDF)]).await;
    refused.assert_status(429);
    rafael.post_files("/c/602/messages", &[("body", "")], &[("a.pdf", PDF)]).await.assert_status(303);
    drop(others);
    marina.post_files(MESSAGES, &[("body", "Veja")], &[("a.pdf", PDF)]).await.assert_status(303);
    assert_eq!(temporary_files(&app), 0);
}

#[actix_web::test]
async fn a_browser_without_access_sends_nothing_to_the_disk() {
    let app = TestApp::new().await;
    let (marina, stranger) = (marina(&app).await, app.visitor());
    stranger.get("/login").await;
    stranger.post_files(MESSAGES, &[("body", "Oi")], &[("a.pdf", PDF)]).await.assert_status(404);
    let without_token = multipart::body(&[("body", "Oi")], &[("a.pdf", PDF)]);
    marina.post_body(MESSAGES, without_token).await.assert_status(403);
    let cut = multipart::body(&[("csrf", &marina.csrf()), ("body", "Oi")], &[("a.pdf", PDF)]);
    marina.post_body(MESSAGES, cut[..cut.len() - 30].to_vec()).await.assert_status(400);
    app.database.execute("UPDATE contacts SET link_version = 2 WHERE id = 601");
    marina.post_files(MESSAGES, &[("body", "Oi")], &[("a.pdf", PDF)]).await.assert_status(404);
    assert_eq!((count(&app, "blobs"), count(&app, "messages"), temporary_files(&app)), (0, 0, 0));
}

#[actix_web::test]
async fn above_the_request_limit_files_are_passed_over_and_named() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    let mut page = marina.get("/c/601").await;
    for _ in 0..5_000 {
        page = marina.get("/c/601").await;
        if page.status == 429 {
            page = marina.post_files(MESSAGES, &[("body", "não me percas")], &[("a.pdf", PDF)]).await;
            if page.status == 429 {
                break;
            }
        }
    }
    page.assert_status(429).assert_says("Foram muitos pedidos em pouco tempo.");
    page.assert_says("Eles não foram enviados: a.pdf.");
    assert_eq!(page.texts("textarea"), ["não me percas"]);
    assert_eq!(temporary_files(&app), 0);
}

#[actix_web::test]
async fn the_export_lists_the_files_and_anonymising_removes_them() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    let sent = [("exame-de-marina.pdf", PDF)];
    marina.post_files(MESSAGES, &[("body", "Meu exame")], &sent).await.assert_status(303);
    let admin = app.administrator().await;
    admin.get("/contacts/601").await;
    let data: Value = serde_json::from_str(&admin.post("/contacts/601/export", &[]).await.body).unwrap();
    let files: Vec<_> = data["mensagens"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|message| message["arquivos"].as_array().unwrap().clone())
        .collect();
    assert_eq!((files.len(), &files[0]["nome"]), (1, &Value::from("exame-de-marina.pdf")));
    assert_eq!(sweep::sweep(&app.shared.db, &app.shared.files).await.unwrap().blobs, 0, "it is in use");
    admin.get("/contacts/601/anonymisation").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    assert_eq!(count(&app, "attachments"), 0);
    app.database.execute("UPDATE blobs SET claimed_at = now() - interval '2 hours'");
    assert_eq!(sweep::sweep(&app.shared.db, &app.shared.files).await.unwrap().blobs, 1);
    assert_eq!(count(&app, "blobs"), 0);
}

#[actix_web::test]
async fn files_of_a_message_that_was_not_written_are_swept() {
    let app = TestApp::new().await;
    let marina = marina(&app).await;
    for n in 0..30 {
        marina.post(MESSAGES, &[("body", &format!("texto {n}"))]).await.assert_status(303);
    }
    let page = marina.post_files(MESSAGES, &[("body", "mais uma")], &[("a.pdf", PDF)]).await;
    page.assert_status(429).assert_says("Aguarde um minuto").assert_says("Eles não foram enviados: a.pdf.");
    assert_eq!((count(&app, "blobs"), count(&app, "attachments")), (1, 0));
    app.database.execute("UPDATE blobs SET claimed_at = now() - interval '2 hours'");
    assert_eq!(sweep::sweep(&app.shared.db, &app.shared.files).await.unwrap().blobs, 1);
}
