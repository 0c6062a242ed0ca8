//! Archiving, restoring, and the customer's link.

use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn archiving_shows_affected_records_and_can_be_undone() {
    let app = TestApp::new().await;
    Plan { due_in: "2 days", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let admin = app.administrator().await;
    let link = admin.get("/contacts/601").await.attribute("#customer-link", "value").unwrap();
    let chat = link.split_once("8080").unwrap().1.to_owned();
    app.visitor().enter(&chat).await.assert_status(200);
    admin
        .get("/contacts/601/archival")
        .await
        .assert_says("Arquivar Marina Duarte?")
        .assert_says("Há um agendamento pendente.")
        .assert_says("termina com erro");
    let archived = admin.post("/contacts/601/archival", &[]).await;
    admin
        .follow(&archived)
        .await
        .assert_says("Contato arquivado.")
        .assert_says("Arquivamento")
        .assert_says("Ana Prado");
    admin.get("/contacts").await.assert_does_not_say("Marina Duarte");
    app.visitor().get(&chat).await.assert_says("não está disponível");
    let form = admin.get("/schedules/new?contact_id=601").await;
    assert_eq!(form.count("#contact_id option[value='601']"), 0);

    let restored = admin.post("/contacts/601/restoration", &[]).await;
    admin.follow(&restored).await.assert_says("Contato restaurado.");
    admin.get("/contacts").await.assert_says("Marina Duarte");
    app.visitor().enter(&chat).await.assert_status(200);
    let audited =
        "SELECT action AS value FROM audit WHERE subject_id = 601 AND action LIKE 'contact.%' ORDER BY id";
    assert_eq!(app.database.texts(audited), ["contact.archived", "contact.restored"]);
}

#[actix_web::test]
async fn a_schedule_of_an_archived_contact_fails_with_that_reason() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/601/archival").await;
    admin.post("/contacts/601/archival", &[]).await.assert_status(303);
    let schedule = Plan::new(&app.company, "open_ticket").save(&app.database);
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    admin.get(&format!("/schedules/{schedule}")).await.assert_says("O contato foi arquivado");
}

#[actix_web::test]
async fn a_revoked_link_opens_nothing_and_a_new_one_replaces_it() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = |link: String| link.split_once("8080").unwrap().1.to_owned();
    let before = path(admin.get("/contacts/601").await.attribute("#customer-link", "value").unwrap());
    admin.get("/contacts/601/link-revocation").await.assert_says("Revogar o link de Marina Duarte?");
    let revoked = admin.post("/contacts/601/link-revocation", &[]).await;
    let page = admin.follow(&revoked).await;
    page.assert_says("Link revogado.");
    let after = path(page.attribute("#customer-link", "value").unwrap());
    assert_ne!(before, after);
    app.visitor().get(&before).await.assert_says("não está disponível");
    app.visitor().enter(&after).await.assert_status(200);
}
