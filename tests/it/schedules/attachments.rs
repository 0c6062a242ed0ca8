//! How pages and history describe a schedule's files.

use super::{form, save};
use crate::files::PDF;
use crate::harness::{Page, TestApp, Visitor};

/// A saved schedule with one file, "proposta.pdf".
async fn with_file(visitor: &Visitor) -> String {
    visitor.get("/schedules/new").await;
    let saved = visitor.post_files("/schedules", &form(&[]), &[("proposta.pdf", PDF)]).await;
    saved.assert_status(303).location().to_owned()
}

/// The hidden fields of the edit form: version, key, and the files that it shows.
fn own_fields(page: &Page) -> Vec<(&'static str, String)> {
    let value = |name: &str| page.attribute(&format!("input[name={name}]"), "value").unwrap();
    let file = page.attribute("input[name=files][type=hidden]", "value");
    let fields = ["version", "form_key", "original"].map(|name| (name, value(name)));
    fields.into_iter().chain(file.map(|id| ("files", id))).collect()
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
    send(&theirs[..3], &[("outra.pdf", PDF)]).await.assert_status(303);
    let refused = send(&mine, &[]).await;
    refused.assert_status(409);
    assert_eq!(refused.texts("[data-stale] tbody th"), ["Arquivos"]);
    assert!(refused.texts("[data-taken] tbody td")[1].starts_with("outra.pdf Ana Prado, "));
    assert_eq!(
        refused.texts("[data-files] .name"),
        ["outra.pdf"],
        "the unchanged list takes over the other's change"
    );
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
