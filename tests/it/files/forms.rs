//! Files in the form of a schedule, sent with the form or uploaded before.

use futures_util::future::join_all;

use super::{CSV, PDF, PNG, attachments};
use crate::harness::TestApp;
use crate::schedules::form;

#[actix_web::test]
async fn files_sent_with_the_form_go_with_the_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let files = [("proposta.pdf", PDF), ("foto.png", PNG)];
    let saved = admin.post_files("/schedules", &form(&[]), &files).await;
    admin.follow(&saved).await.assert_says("Agendamento salvo.");
    assert_eq!(attachments(&app, "schedule_id IS NOT NULL AND uploaded_by = 301"), 2);
}

#[actix_web::test]
async fn files_are_kept_while_other_fields_are_corrected() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let wrong = form(&[("comment", "")]);
    let files = [("proposta.pdf", PDF), ("programa.exe", b"MZ\x90\0")];
    let page = admin.post_files("/schedules", &wrong, &files).await;
    page.assert_status(422).assert_says("Corrija 2 campos:");
    assert_eq!(
        page.texts("#files-err p"),
        [
            "programa.exe não é um tipo de arquivo aceito. O conteúdo deve ser PDF, imagem, áudio, vídeo, Word, Excel, PowerPoint, OpenDocument, texto ou outro dos formatos aceitos, como diz o nome."
        ]
    );
    assert_eq!(page.texts("[data-files] .name"), ["proposta.pdf"]);
    assert_eq!(page.count("[data-error-summary] a[href='#files']"), 1);
    assert_eq!(page.count("#files[aria-invalid=true]"), 1);
    let id = page.attribute("[name=files][type=hidden]", "value").unwrap();
    let again = admin.post_files("/schedules", &form(&[("files", &id)]), &[("dados.csv", CSV)]).await;
    admin.follow(&again).await;
    assert_eq!(attachments(&app, "schedule_id = 1"), 2);
}

#[actix_web::test]
async fn every_refused_file_is_named_and_nothing_is_saved() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let huge = vec![b'a'; 16 * 1024 * 1024 + 1];
    for (files, sentence) in [
        (vec![("vídeo.mp4", &huge[..])], "vídeo.mp4 passa de 16 MB."),
        (vec![("a.svg", b"<svg/>")], "a.svg não é um tipo de arquivo aceito."),
        (
            vec![
                ("a.pdf", PDF),
                ("b.pdf", PDF),
                ("c.pdf", PDF),
                ("d.pdf", PDF),
                ("e.pdf", PDF),
                ("f.pdf", PDF),
            ],
            "Envie até 5 arquivos. Ficou de fora: f.pdf.",
        ),
        (vec![("a.pdf", PDF); 2], "a.pdf já está anexado."),
    ] {
        let page = admin.post_files("/schedules", &form(&[]), &files).await;
        page.assert_status(422).assert_says("Corrija 1 campo:").assert_says(sentence);
        assert_eq!(page.texts("#message"), ["Olá, Marina! Tudo bem?"]);
    }
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(admin.upload("a.pdf", PDF).await);
    }
    let mut fields = form(&[]);
    fields.extend(ids.iter().map(|id| ("files", id.as_str())));
    let page = admin.post("/schedules", &fields).await;
    page.assert_status(422).assert_says("Envie até 5 arquivos.");
    assert_eq!(page.count("[data-files] [data-remove]"), 6);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
}

#[actix_web::test]
async fn files_beyond_the_maximum_are_named_and_the_others_are_kept() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    page.assert_says("Formatos aceitos").assert_says("Word (DOC, DOCX, RTF)");
    let mut fields = form(&[]);
    let mut ids = Vec::new();
    for name in ["a.pdf", "b.pdf", "c.pdf", "d.pdf"] {
        ids.push(admin.upload(name, PDF).await);
    }
    fields.extend(ids.iter().map(|id| ("files", id.as_str())));
    let files = [("a.pdf", PDF), ("e.png", PNG), ("f.csv", CSV), ("g.csv", CSV)];
    let page = admin.post_files("/schedules", &fields, &files).await;
    page.assert_status(422);
    assert_eq!(
        page.texts("#files-err p"),
        ["a.pdf já está anexado.", "Envie até 5 arquivos. Ficaram de fora: f.csv, g.csv."]
    );
    assert_eq!(page.texts("[data-files] .name"), ["a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.png"]);
    assert_eq!(attachments(&app, "uploaded_by = 301"), 5, "a file sent twice is kept once");

    let alone = admin.post_files("/uploads", &[("files", &ids[0])], &[("a.pdf", PDF)]).await;
    alone.assert_status(422).assert_says("a.pdf já está anexado.");
}

#[actix_web::test]
async fn a_reminder_with_files_is_refused_and_drops_none() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let reminder = form(&[("action", "notify"), ("message", "")]);
    let page = admin.post_files("/schedules", &reminder, &[("a.pdf", PDF)]).await;
    page.assert_status(422).assert_says("Remova os arquivos ou escolha outra ação.");
    assert_eq!(page.texts("[data-files] .name"), ["a.pdf"]);
    let id = page.attribute("[name=remove_file]", "value").unwrap();
    let fields = [&reminder[..], &[("files", &id), ("remove_file", &id)]].concat();
    let page = admin.post("/schedules", &fields).await;
    page.assert_status(200);
    assert_eq!(page.count("[data-files] [data-remove]"), 0);
}

#[actix_web::test]
async fn a_file_sent_with_another_button_is_kept_too() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let fields = form(&[("step", "department")]);
    let page = admin.post_files("/schedules", &fields, &[("a.pdf", PDF), ("b.exe", b"MZ\x90\0")]).await;
    page.assert_status(200).assert_says("b.exe não é um tipo de arquivo aceito.");
    assert_eq!(page.texts("[data-files] .name"), ["a.pdf"]);
}

#[actix_web::test]
async fn an_upload_of_somebody_else_does_not_exist() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, attendant) = (app.administrator().await, app.attendant().await);
    admin.get("/schedules/new").await;
    attendant.get("/schedules/new").await;
    let id = admin.upload("segredo.pdf", PDF).await;
    let page = attendant.post("/schedules", &form(&[("files", &id)])).await;
    page.assert_status(422)
        .assert_says("Um dos arquivos não está mais disponível. Envie de novo.")
        .assert_does_not_say("segredo.pdf");
    attendant.post("/schedules", &form(&[("files", "999")])).await.assert_status(422);
    assert_eq!(attachments(&app, "schedule_id IS NULL AND uploaded_by = 301"), 1);
}

#[actix_web::test]
async fn a_form_with_files_sent_twice_is_one_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let id = admin.upload("a.pdf", PDF).await;
    let fields = form(&[("form_key", &key), ("files", &id)]);
    let answers = join_all((0..10).map(|_| admin.post("/schedules", &fields))).await;
    let files = [("a.pdf", PDF)];
    let plain = form(&[("form_key", &key)]);
    let natively = join_all((0..10).map(|_| admin.post_files("/schedules", &plain, &files))).await;
    let places: Vec<_> = answers.iter().chain(&natively).map(|answer| answer.location()).collect();
    assert!(places.iter().all(|place| *place == "/schedules/1"), "{places:?}");
    assert_eq!(attachments(&app, "schedule_id IS NOT NULL"), 1);
}

#[actix_web::test]
async fn a_form_sent_again_with_another_time_keeps_its_files() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let id = admin.upload("a.pdf", PDF).await;
    admin.post("/schedules", &form(&[("files", &id)])).await.assert_status(303);
    let later = form(&[("files", &id), ("due_at", "2030-12-06T10:00")]);
    admin.post("/schedules", &later).await.assert_status(303);
    assert_eq!(attachments(&app, "schedule_id IN (1, 2)"), 2);
}

#[actix_web::test]
async fn an_edit_keeps_removes_and_adds_files_and_says_so() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    admin.post_files("/schedules", &form(&[]), &[("a.pdf", PDF), ("b.png", PNG)]).await.assert_status(303);
    let page = admin.get("/schedules/1/edit").await;
    assert_eq!(page.texts("[data-files] .name"), ["a.pdf", "b.png"]);
    let uploaded = page.attributes("[data-files] [name=files]", "value")[0].clone();
    let fields = form(&[("version", "1"), ("files", &uploaded)]);
    admin.post_files("/schedules/1", &fields, &[("c.csv", CSV)]).await.assert_status(303);
    let page = admin.get("/schedules/1").await;
    assert_eq!(page.texts(".files .name"), ["a.pdf", "c.csv"]);
    page.assert_says("Agendamento editado").assert_says("Arquivos");
    // Sending the same fields again changes nothing.
    let ids = admin.get("/schedules/1/edit").await.attributes("[data-files] [name=files]", "value");
    let mut same = form(&[("version", "2")]);
    same.extend(ids.iter().map(|id| ("files", id.as_str())));
    admin.post("/schedules/1", &same).await.assert_status(303);
    assert_eq!(app.database.number("SELECT version::bigint AS value FROM schedules"), 2);
}

#[actix_web::test]
async fn a_rescheduled_schedule_gets_copies_of_the_files() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    admin.post_files("/schedules", &form(&[]), &[("a.pdf", PDF)]).await.assert_status(303);
    admin.get("/schedules/1").await;
    admin.post("/schedules/1/cancellation", &[("reason", "")]).await.assert_status(303);
    let page = admin.get("/schedules/new?from=1").await;
    let id = page.attribute("[data-files] [name=files]", "value").unwrap();
    let again = admin.post("/schedules", &form(&[("rescheduled_from", "1"), ("files", &id)])).await;
    admin.follow(&again).await.assert_says("a.pdf");
    assert_eq!(attachments(&app, "schedule_id IN (1, 2)"), 2);
}
