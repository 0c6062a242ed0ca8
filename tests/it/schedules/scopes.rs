//! Who sees which schedules.

use super::save;
use crate::dispatcher;
use crate::harness::{Plan, TestApp};
use crate::tickets::customer_writes;

#[actix_web::test]
async fn without_the_permission_there_is_no_menu_no_button_and_no_page() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await.location().to_owned();
    let bruno = app.attendant().await;
    let page = bruno.get(&saved).await;
    page.assert_status(200).assert_says("Confirmar a renovação");
    for link in ["/schedules", "/schedules/new", "/schedules/calendar"] {
        assert_eq!(page.count(&format!("a[href='{link}']")), 0, "{link}");
    }
    assert_eq!(
        page.count("main form, main a[href$='/edit'], main a[href$='/cancellation'], main a[href$='/time']"),
        0
    );
    for path in
        ["/schedules", "/schedules/calendar", "/schedules/export.csv", "/schedules/cancellations?id=1"]
    {
        bruno.get(path).await.assert_status(403).assert_does_not_say("Marina Duarte");
    }
    bruno.get(&format!("{saved}/time")).await.assert_status(403);
    let id = saved.trim_start_matches("/schedules/");
    bruno.get("/notifications").await;
    bruno.post("/schedules/cancellations", &[("id", id)]).await.assert_status(403);
    bruno
        .post(&format!("{saved}/time"), &[("due_at", "2031-01-01T10:00"), ("version", "1")])
        .await
        .assert_status(403);
    app.other_attendant().await.get(&saved).await.assert_status(404);
}

#[actix_web::test]
async fn a_role_that_gets_the_permission_sees_all_from_the_next_request() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    let helena = app.other_attendant().await;
    helena.get("/schedules").await.assert_status(403);
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    helena.get("/schedules").await.assert_says("Marina Duarte");
    helena.get("/schedules/calendar?date=2030-12-05").await.assert_says("Marina Duarte");
    assert!(helena.get("/schedules/export.csv").await.body.contains("Marina Duarte"));
}

/// The schedule of Bruno, of "Suporte", fails because a ticket of "Financeiro" is open.
#[actix_web::test]
async fn a_user_notified_of_an_error_reads_the_conversation_but_cannot_reply() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let (company, database) = (app.company, &app.database);
    let ticket = database.number(&format!(
        "INSERT INTO tickets (contact_id, department_id, attendant_id) VALUES ({}, {}, {}) RETURNING id AS value",
        company.marina, company.finance, company.helena
    ));
    customer_writes(&app, company.marina, ticket, "Qual é o valor?");
    let bruno = app.attendant().await;
    bruno.get("/contacts/601/conversation").await.assert_status(404);
    Plan::new(&company, "open_ticket").save(database);
    dispatcher::run(database);
    bruno.get("/notifications").await.assert_says("Erro no agendamento");
    for path in ["/contacts/601/conversation".to_owned(), format!("/tickets/{ticket}")] {
        let page = bruno.get(&path).await;
        page.assert_status(200).assert_says("Qual é o valor?").assert_says("Você pode ler esta conversa.");
        assert_eq!(page.count("textarea[name=body]"), 0);
    }
    let reply = [("body", "oi"), ("kind", "message")];
    bruno.post(&format!("/tickets/{ticket}/messages"), &reply).await.assert_status(404);
    bruno.post(&format!("/tickets/{ticket}/closure"), &[]).await.assert_status(404);
    bruno.get("/contacts/602/conversation").await.assert_status(404);
}
