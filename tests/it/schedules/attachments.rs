//! The files of a schedule that is edited or planned anew.

use super::{form, save};
use crate::files::PDF;
use crate::harness::{Page, TestApp, Visitor};

/// A saved schedule with one file, "proposta.pdf".
async fn with_file(visitor: &Visitor) -> String {
    visitor.get("/schedules/new").await;
    let saved = visitor.post_files("/schedules", &form(&[]), &[("proposta.pdf", PDF)]).await;
    saved.assert_status(303).location().to_owned()
}

/// What the form to change it sends of itself: version, key, and the files that it shows.
fn own_fields(page: &Page) -> Vec<(&'static str, String)> {
    let value = |name: &str| page.attribute(&format!("input[name={name}]"), "value").unwrap();
    let file = page.attribute("input[name=files][type=hidden]", "value");
    let fields = [("version", value("version")), ("form_key", value("form_key"))];
    fields.into_iter().chain(file.map(|id| ("files", id))).collect()
}

fn names(app: &TestApp, path: &str) -> Vec<String> {
    let id = path.rsplit('/').next().unwrap();
    app.database.texts(&format!(
        "SELECT file_name AS value FROM attachments WHERE schedule_id = {id} ORDER BY file_name"
    ))
}

#[actix_web::test]
async fn an_edit_keeps_adds_and_removes_files() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = with_file(&admin).await;
    admin.get(&path).await.assert_says("proposta.pdf");
    let page = admin.get(&format!("{path}/edit")).await;
    assert_eq!(page.texts("[data-files] .name"), ["proposta.pdf"]);

    let own = own_fields(&page);
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let fields = [form(&[("comment", "Com dois")]), own].concat();
    let answer = admin.post_files(&path, &fields, &[("tabela.pdf", PDF)]).await;
    admin.follow(&answer).await.assert_says("Arquivos alterados").assert_says("tabela.pdf");
    assert_eq!(names(&app, &path), ["proposta.pdf", "tabela.pdf"]);

    let page = admin.get(&format!("{path}/edit")).await;
    let own = own_fields(&page);
    let kept: Vec<_> = own[..2].iter().map(|(name, value)| (*name, value.as_str())).collect();
    let fields = [form(&[("comment", "Com dois")]), kept].concat();
    admin.post(&path, &fields).await.assert_status(303);
    assert!(names(&app, &path).is_empty());
}

#[actix_web::test]
async fn a_stale_edit_tells_that_the_files_changed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = with_file(&admin).await;
    let page = admin.get(&format!("{path}/edit")).await;
    let (mine, theirs) = (own_fields(&page), own_fields(&admin.get(&format!("{path}/edit")).await));
    let send = async |own: &[(&'static str, String)], files: &[(&str, &[u8])]| {
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<_> = form(&[]).into_iter().chain(own).collect();
        admin.post_files(&path, &fields, files).await
    };
    send(&theirs[..2], &[("outra.pdf", PDF)]).await.assert_status(303);
    let refused = send(&mine, &[]).await;
    refused.assert_status(409);
    assert_eq!(refused.texts("[data-stale] tbody th"), ["Arquivos"]);
    assert_eq!(refused.texts("[data-stale] tbody td"), ["Outros", "outra.pdf"]);
}

#[actix_web::test]
async fn a_schedule_planned_anew_takes_copies_of_the_files() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = with_file(&admin).await;
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    let id = path.rsplit('/').next().unwrap();
    let page = admin.get(&format!("/schedules/new?from={id}")).await;
    assert_eq!(page.texts("[data-files] .name"), ["proposta.pdf"]);
    let file = page.attribute("input[name=files][type=hidden]", "value").unwrap();
    let changes = [("files", file.as_str()), ("rescheduled_from", id), ("due_at", "2031-01-01T10:00")];
    let anew = admin.post("/schedules", &form(&changes)).await;
    assert_eq!(names(&app, anew.assert_status(303).location()), ["proposta.pdf"]);
    assert_eq!(names(&app, &path), ["proposta.pdf"], "the message was sent with it");
}

#[actix_web::test]
async fn a_schedule_with_files_alone_says_that_something_is_sent() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let saved = admin.post_files("/schedules", &form(&[("message", "")]), &[("a.pdf", PDF)]).await;
    let question = admin.get(&format!("{}/dispatch", saved.location())).await;
    question.assert_says("A mensagem para Marina Duarte é enviada");
    let plain = save(&admin, &[("message", ""), ("due_at", "2030-12-05T11:00")]).await;
    let question = admin.get(&format!("{}/dispatch", plain.location())).await;
    question.assert_says("O chamado para Marina Duarte é aberto agora");
}
