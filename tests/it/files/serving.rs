//! Who may download which files, and with which headers.

use actix_web::test::TestRequest;
use sha2::{Digest, Sha256};

use super::{PDF, PNG};
use crate::harness::{Page, TestApp, Visitor};
use crate::schedules::form;

/// The path of a contact's chat page, for a visitor who has opened its link.
pub fn chat(contact: i64) -> String {
    format!("/c/{contact}")
}

/// The administrator schedules a picture and a document for Marina, with Bruno as the attendant.
async fn scheduled(app: &TestApp, message: &str) -> Visitor {
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let files = [("proposta nº 1.pdf", PDF), ("foto.png", PNG)];
    let saved = admin.post_files("/schedules", &form(&[("message", message)]), &files).await;
    assert_eq!(saved.location(), "/schedules/1", "{}", saved.text());
    admin
}

pub fn fire(app: &TestApp) {
    app.database.execute("UPDATE schedules SET due_at = now() - interval '1 second'");
    let outcome = pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    assert_eq!(outcome.completed, 1);
}

pub fn links(page: &Page) -> Vec<String> {
    let all = page.attributes("a[download][aria-label]", "href");
    assert_eq!(all.len(), 2, "{}", page.text());
    all
}

#[actix_web::test]
async fn a_file_is_sent_as_a_sandboxed_attachment() {
    let app = TestApp::new().await;
    let admin = scheduled(&app, "Olá").await;
    let page = admin.get("/schedules/1").await;
    page.assert_says("Arquivos").assert_says("proposta nº 1.pdf").assert_says("PDF · 35 B");
    let links = links(&page);
    assert_eq!(page.attributes("img", "src"), [links[1].clone()], "only pictures are shown");
    let answer = admin.get(&links[0]).await;
    answer.assert_status(200);
    assert_eq!(answer.bytes, PDF);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert_eq!(answer.headers.get_all("content-security-policy").count(), 1);
    let disposition = answer.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"proposta n_ 1.pdf\""), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''proposta%20n%C2%BA%201.pdf"), "{disposition}");
    let tag = ("if-none-match", answer.header("etag").to_owned());
    admin.send(TestRequest::get().uri(&links[0]).insert_header(tag.clone())).await.assert_status(304);
    app.visitor().send(TestRequest::get().uri(&links[0]).insert_header(tag)).await.assert_status(303);
}

#[actix_web::test]
async fn a_file_that_looks_like_a_page_is_sent_as_plain_bytes() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let page = "<!doctype html><script>alert(1)</script>";
    let mail = format!("From: ana@a.example\nDate: hoje\n\n{page}");
    for (name, content, media_type) in [
        ("pagina.txt", page, "text/plain"),
        ("nota.xml", "<nfe/>", "application/octet-stream"),
        ("pedido.eml", &mail, "application/octet-stream"),
        ("ana.vcf", "BEGIN:VCARD\nEND:VCARD", "text/vcard"),
    ] {
        let id = admin.upload(name, content.as_bytes()).await;
        let answer = admin.get(&format!("/files/{id}/{name}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, media_type), "{name}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").starts_with("sandbox"));
        assert!(answer.header("content-disposition").starts_with("attachment"), "{name}");
    }
}

#[actix_web::test]
async fn a_voice_note_has_a_player_that_can_request_ranges() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let opus = [b"OggS\0\x02".as_slice(), &[7; 22], b"OpusHead", &[9; 100]].concat();
    let files = [("recado.opus", opus.as_slice()), ("foto.png", PNG)];
    admin.post_files("/schedules", &form(&[("message", "Ouça")]), &files).await.assert_status(303);
    fire(&app);
    let page = admin.get("/contacts/601/conversation").await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("media-src 'self'"), "{policy}");
    let players = page.attributes("audio[controls]", "src");
    assert_eq!(players.len(), 1, "only the voice note has a player");
    let customers = app.customer(601).await.get(&chat(601)).await;
    assert_eq!(customers.count("audio[controls]"), 1, "the customer has a player too");

    let part = async |range: &str| {
        admin.send(TestRequest::get().uri(&players[0]).insert_header(("range", range))).await
    };
    let whole = admin.get(&players[0]).await;
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("audio/ogg", "bytes"));
    for (range, expected, content_range) in [
        ("bytes=0-1", &opus[..2], "bytes 0-1/136"),
        ("bytes=100-", &opus[100..], "bytes 100-135/136"),
        ("bytes=-4", &opus[132..], "bytes 132-135/136"),
        ("bytes=132-999", &opus[132..], "bytes 132-135/136"),
    ] {
        let answer = part(range).await;
        assert_eq!((answer.status, answer.header("content-range")), (206, content_range), "{range}");
        assert_eq!(answer.bytes, expected, "{range}");
        assert!(answer.header("content-disposition").starts_with("attachment"));
    }
    assert_eq!(part("bytes=0-1,4-5").await.bytes, opus, "a request for several ranges gets the whole file");
    assert_eq!(part("lines=1-2").await.status, 200);
    let beyond = part("bytes=136-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */136"));
}

#[actix_web::test]
async fn a_file_is_not_found_without_access_to_its_schedule_or_conversation() {
    let app = TestApp::new().await;
    let admin = scheduled(&app, "Olá").await;
    let of_schedule = links(&admin.get("/schedules/1").await)[0].clone();
    let (bruno, helena) = (app.attendant().await, app.other_attendant().await);
    bruno.get(&of_schedule).await.assert_status(200);
    helena.get(&of_schedule).await.assert_status(404);
    app.visitor().get(&of_schedule).await.assert_status(303);
    fire(&app);
    let of_message = links(&bruno.get("/contacts/601/conversation").await)[0].clone();
    assert_ne!(of_message, of_schedule);
    bruno.get(&of_message).await.assert_status(200);
    admin.get(&of_message).await.assert_status(200);
    helena.get(&of_message).await.assert_status(404);
    app.role_manager().await.get(&of_message).await.assert_status(404);
    admin.get("/files/999/x").await.assert_status(404);
    admin.get("/files/abc/x").await.assert_status(404);
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 303");
    bruno.get(&of_message).await.assert_status(303);
}

#[actix_web::test]
async fn an_upload_is_visible_only_to_its_uploader() {
    let app = TestApp::new().await;
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    admin.get("/schedules/new").await;
    let id = admin.upload("a.pdf", PDF).await;
    admin.get(&format!("/files/{id}/a.pdf")).await.assert_status(200);
    bruno.get(&format!("/files/{id}/a.pdf")).await.assert_status(404);
}

#[actix_web::test]
async fn a_customer_downloads_only_files_sent_to_them_byte_for_byte() {
    let app = TestApp::new().await;
    let admin = scheduled(&app, "").await;
    let of_schedule = links(&admin.get("/schedules/1").await)[0].clone();
    let (marina, rafael) = (chat(601), chat(602));
    let customer = app.customer(601).await;
    let update = format!("{marina}/messages?after=0");
    assert_eq!(customer.get(&update).await.count("[download]"), 0);
    fire(&app);
    let part = customer.get(&update).await;
    assert_eq!(part.attributes("img", "src").len(), 1, "an open page shows files that come without a text");
    let links = links(&customer.get(&marina).await);
    for (link, sent) in links.iter().zip([PDF, PNG]) {
        let received = customer.get(link).await;
        received.assert_status(200);
        assert_eq!(Sha256::digest(&received.bytes), Sha256::digest(sent));
        assert!(received.header("content-disposition").starts_with("attachment"));
        customer.get(&link.replace(&marina, &rafael)).await.assert_status(404);
        customer.get(&link.replace(&marina, "/c/601-00")).await.assert_status(404);
        customer.get(&link.replace(&marina, "")).await.assert_status(303);
    }
    customer.get(&format!("{marina}{of_schedule}")).await.assert_status(404);
    app.database.execute("UPDATE contacts SET link_version = 2 WHERE id = 601");
    customer.get(&links[0]).await.assert_status(404);
}

#[actix_web::test]
async fn files_without_text_are_shown_as_a_message() {
    let app = TestApp::new().await;
    let admin = scheduled(&app, "").await;
    let page = admin.get("/schedules/1").await;
    page.assert_says("A mensagem para Marina Duarte");
    fire(&app);
    admin.get("/tickets").await.assert_says("Mensagem agendada: proposta nº 1.pdf");
}

#[actix_web::test]
async fn a_file_of_a_comment_is_not_shown_to_the_customer() {
    let app = TestApp::new().await.with_made_up_rows("a comment has no files yet");
    scheduled(&app, "Olá").await;
    fire(&app);
    app.database.execute(
        "INSERT INTO attachments (id, sha256, file_name, message_id)
         SELECT 77, (SELECT sha256 FROM blobs LIMIT 1), 'x.pdf', id FROM messages WHERE kind = 'comment'",
    );
    app.customer(601).await.get(&format!("{}/files/77/x.pdf", chat(601))).await.assert_status(404);
}
