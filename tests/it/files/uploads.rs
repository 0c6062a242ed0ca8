//! Uploading a file: what is accepted, what is refused, and with which message.

use actix_web::test::TestRequest;
use pontual::files::Sender;
use pontual::ids::UserId;

use super::{CSV, PDF, PNG, attachments};
use crate::harness::{TestApp, multipart};

#[actix_web::test]
async fn an_accepted_file_is_kept_and_shown_with_its_size() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let page = admin.post_files("/uploads", &[], &[("proposta-renovação.pdf", PDF)]).await;
    page.assert_status(200);
    assert_eq!(page.texts(".name"), ["proposta-renovação.pdf"]);
    assert_eq!(page.texts(".sub"), ["PDF · 35 B"]);
    assert_eq!(page.attribute("[data-remove]", "aria-label").unwrap(), "Remover proposta-renovação.pdf");
    for (name, content) in [("foto.png", PNG), ("contatos.csv", CSV), ("foto da câmera.JPG", PNG)] {
        admin.upload(name, content).await;
    }
    assert_eq!(attachments(&app, "uploaded_by = 301 AND schedule_id IS NULL"), 4);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM blobs"), 3, "the same bytes are kept once");
}

#[actix_web::test]
async fn each_refusal_names_the_file_and_the_reason_and_keeps_nothing() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let huge = vec![b'a'; 16 * 1024 * 1024 + 1];
    let gif_and_page = b"GIF89a<html><script>alert(1)</script>";
    for (name, content, sentence) in [
        ("vídeo.mp4", &huge[..], "vídeo.mp4 passa de 16 MB."),
        ("programa.exe", b"MZ\x90\0\x03", "programa.exe não é um tipo de arquivo aceito."),
        ("foto.png", b"MZ\x90\0\x03", "foto.png não é um tipo de arquivo aceito."),
        (
            "foto.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "foto.svg não é um tipo de arquivo aceito.",
        ),
        ("pagina.html", b"<!doctype html><p>oi", "pagina.html não é um tipo de arquivo aceito."),
        (
            "pagina.xml",
            b"<p xmlns='http://www.w3.org/1999/xhtml'>oi</p>",
            "pagina.xml não é um tipo de arquivo aceito.",
        ),
        ("a.js", b"alert(1)", "a.js não é um tipo de arquivo aceito."),
        ("a.sh", b"#!/bin/sh\n", "a.sh não é um tipo de arquivo aceito."),
        ("foto.gif", gif_and_page, "foto.gif não é um tipo de arquivo aceito."),
        ("foto.png.exe", PNG, "foto.png.exe não é um tipo de arquivo aceito."),
        ("vazio.pdf", b"", "vazio.pdf está vazio."),
    ] {
        let page = admin.post_files("/uploads", &[], &[(name, content)]).await;
        page.assert_status(422);
        let said = page.texts(".field-error");
        assert!(said.len() == 1 && said[0].starts_with(sentence), "{said:?}");
    }
    admin.post_files("/uploads", &[], &[]).await.assert_status(422).assert_says("Escolha um arquivo.");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM blobs"), 0);
    assert!(app.shared.files.temporary_files(std::time::Duration::ZERO).unwrap().is_empty());
}

#[actix_web::test]
async fn a_file_name_is_shown_without_paths_and_control_characters() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    for (sent, shown) in [
        ("../../../etc/passwd.pdf", "passwd.pdf".to_owned()),
        ("a\u{202E}fdp.pdf", "afdp.pdf".to_owned()),
        ("b\u{200B}oleto.pdf", "boleto.pdf".to_owned()),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf".to_owned()),
        ("boleto", "boleto.pdf".to_owned()),
        (&format!("{}.pdf", "x".repeat(300)), format!("{}….pdf", "x".repeat(115))),
    ] {
        let page = admin.post_files("/uploads", &[], &[(sent, PDF)]).await;
        page.assert_status(200);
        assert_eq!(page.texts(".name"), [shown]);
        assert_eq!(page.count("img"), 0);
    }
    let folder = app.shared.files.folder(hex::decode("00").unwrap()[0]).await.unwrap();
    assert!(folder.keys().all(|hash| hash.to_string().len() == 64));
}

#[actix_web::test]
async fn an_upload_is_removed_only_by_its_uploader() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, attendant) = (app.administrator().await, app.attendant().await);
    admin.get("/schedules/new").await;
    attendant.get("/schedules/new").await;
    let id = admin.upload("boleto.pdf", PDF).await;
    let address = format!("/uploads/{id}/removal");
    attendant.post(&address, &[]).await.assert_status(404);
    assert_eq!(attachments(&app, "true"), 1);
    admin.post(&address, &[]).await.assert_status(204);
    admin.post(&address, &[]).await.assert_status(404);
    assert_eq!(attachments(&app, "true"), 0);
}

#[actix_web::test]
async fn a_malformed_body_is_refused_and_leaves_nothing() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let csrf = admin.csrf();
    let token = [("csrf", csrf.as_str())];
    let whole = multipart::body(&token, &[("a.pdf", PDF)]);
    let many: Vec<_> = std::iter::once(token[0]).chain((0..10_000).map(|_| ("x", "y"))).collect();
    let long = "x".repeat(3 * 1024 * 1024);
    for (body, status) in [
        (whole[..whole.len() - 20].to_vec(), 400),
        (whole[..60].to_vec(), 400),
        (b"no multipart at all".to_vec(), 400),
        (Vec::new(), 400),
        (multipart::body(&many, &[]), 400),
        (multipart::body(&[token[0], ("message", &long)], &[]), 413),
        (multipart::body(&[token[0], ("message", "a\0b")], &[]), 400),
        (multipart::body(&[], &[("a.pdf", PDF)]), 403),
        (multipart::body(&[("csrf", "00")], &[("a.pdf", PDF)]), 403),
        ([b"--".to_vec(), vec![b'x'; 200_000]].concat(), 413),
    ] {
        for path in ["/uploads", "/schedules"] {
            let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = admin.post_body(path, body.clone()).await;
            assert!((400..500).contains(&answer.status), "{path} {start}: {}", answer.status);
            assert_eq!(answer.status, status, "{path} {start}");
        }
    }
    for kind in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
    {
        let request = TestRequest::post().uri("/uploads").insert_header(("content-type", kind));
        let answer = admin.send(request.set_payload(whole.clone())).await;
        assert_eq!(answer.status, 400, "{kind}");
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM blobs"), 0);
    assert!(app.shared.files.temporary_files(std::time::Duration::ZERO).unwrap().is_empty());
}

#[actix_web::test]
async fn unused_uploads_per_user_are_limited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let id = admin.upload("a.pdf", PDF).await;
    app.database.execute(&format!(
        "INSERT INTO attachments (sha256, file_name, uploaded_by)
         SELECT sha256, file_name, uploaded_by FROM attachments, generate_series(2, 200) WHERE id = {id}"
    ));
    let page = admin.post_files("/uploads", &[], &[("b.pdf", PDF)]).await;
    page.assert_status(422).assert_says("Você enviou muitos arquivos sem salvar.");
}

#[actix_web::test]
async fn removed_uploads_count_for_an_hour() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let id = admin.upload("proposta.pdf", PDF).await;
    admin.post(&format!("/uploads/{id}/removal"), &[]).await.assert_status(204);
    let volume = "SELECT bytes AS value FROM upload_volumes";
    assert_eq!(app.database.number(volume), PDF.len() as i64);
    let full = format!("UPDATE upload_volumes SET bytes = {}", 512 * 1024 * 1024 - 1);
    app.database.execute(&full);
    let refused = admin.post_files("/uploads", &[], &[("outra.pdf", PDF)]).await;
    refused
        .assert_status(422)
        .assert_says("Você enviou muitos arquivos em pouco tempo. Aguarde 60 minutos e envie de novo.");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM attachments"), 0);
    let logo = admin.post_files("/settings/logo", &[], &[("logo.png", PNG)]).await;
    logo.assert_status(422).assert_says("Você enviou muitos arquivos em pouco tempo.");

    app.database.execute("UPDATE upload_volumes SET hour_began_at = hour_began_at - interval '61 minutes'");
    admin.upload("outra.pdf", PDF).await;
    assert_eq!(app.database.number(volume), PDF.len() as i64);
}

#[actix_web::test]
async fn concurrent_uploads_of_one_account_are_limited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let sender = Sender::User(UserId(app.company.administrator));
    let mut others = app.shared.files.upload_share(sender);
    others.add(sender.max_in_progress() - PDF.len() as u64 + 1).unwrap();
    let refused = admin.post_files("/uploads", &[], &[("proposta.pdf", PDF)]).await;
    refused.assert_status(429);
    assert_eq!(refused.header("retry-after"), "10");
    drop(others);
    // A kept or refused upload no longer counts as being sent.
    for _ in 0..2 {
        admin.post_files("/uploads", &[], &[("proposta.pdf", PDF), ("x.exe", b"MZ")]).await;
    }
    app.shared.files.upload_share(sender).add(sender.max_in_progress()).unwrap();
}

#[actix_web::test]
async fn a_logo_counts_as_an_upload() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/settings").await;
    admin.post_files("/settings/logo", &[], &[("logo.png", PNG)]).await.assert_status(303);
    admin.post("/settings/logo/removal", &[]).await.assert_status(303);
    assert!(app.database.number("SELECT bytes AS value FROM upload_volumes") > 0);
}

#[cfg(unix)]
#[actix_web::test]
async fn other_accounts_of_the_machine_cannot_read_stored_files() {
    use std::os::unix::fs::PermissionsExt;

    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    admin.upload("proposta.pdf", PDF).await;
    let (mut waiting, mut files) = (vec![app.folder.path().to_path_buf()], 0);
    while let Some(path) = waiting.pop() {
        let found = std::fs::metadata(&path).unwrap();
        let wanted = if found.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(found.permissions().mode() & 0o777, wanted, "{}", path.display());
        if found.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files += 1;
        }
    }
    assert_eq!(files, 1);
}
