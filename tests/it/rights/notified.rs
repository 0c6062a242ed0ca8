//! A user who is notified of somebody else's schedule may read its contact's conversation for some time.

use crate::dispatcher;
use crate::harness::{Plan, TestApp, Visitor};
use crate::schedules;
use crate::tickets::{customer_writes, open_ticket};

const CONVERSATION: &str = "/contacts/601/conversation";

/// Signs in as Bruno of "Suporte", who may schedule. "Financeiro" serves Marina.
async fn bruno(app: &TestApp) -> Visitor {
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let ticket = open_ticket(app, app.company.marina, app.company.finance);
    customer_writes(app, app.company.marina, ticket, "Qual é o valor?");
    app.attendant().await
}

fn make_due(app: &TestApp) {
    app.database
        .execute("UPDATE schedules SET due_at = now() - interval '1 second' WHERE status = 'scheduled'");
    dispatcher::run(&app.database);
}

/// Bruno is notified of somebody else's reminder about Marina.
async fn bruno_notified(app: &TestApp) -> Visitor {
    let bruno = bruno(app).await;
    Plan::new(&app.company, "notify").save(&app.database);
    dispatcher::run(&app.database);
    bruno.get("/notifications").await.assert_says("Ir para conversa");
    bruno.get(CONVERSATION).await.assert_status(200).assert_says("Qual é o valor?");
    bruno
}

#[actix_web::test]
async fn a_reminder_to_oneself_notifies_but_gives_no_access() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno(&app).await;
    let reminder = [("action", "notify"), ("message", ""), ("comment", "Ligar para ela")];
    schedules::save(&bruno, &reminder).await.assert_status(303);
    make_due(&app);
    let bell = bruno.get("/notifications").await;
    bell.assert_says("Lembrete para Marina Duarte").assert_says("Ligar para ela.").assert_says("Ver contato");
    bell.assert_does_not_say("Ir para conversa");
    bruno.get(CONVERSATION).await.assert_status(404);
    let id = app.database.number("SELECT id AS value FROM notifications");
    let opened = bruno.post(&format!("/notifications/{id}/opening"), &[]).await;
    assert_eq!(opened.location(), "/contacts/601");
    bruno.follow(&opened).await.assert_status(200).assert_says("Marina Duarte");
}

#[actix_web::test]
async fn a_reminder_about_a_contact_that_one_serves_leads_to_the_conversation() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let ticket = open_ticket(&app, app.company.marina, app.company.support);
    customer_writes(&app, app.company.marina, ticket, "Qual é o valor?");
    let bruno = app.attendant().await;
    schedules::save(&bruno, &[("action", "notify"), ("message", ""), ("comment", "")])
        .await
        .assert_status(303);
    make_due(&app);
    bruno.get("/notifications").await.assert_says("Ir para conversa");
    let id = app.database.number("SELECT id AS value FROM notifications");
    let opened = bruno.post(&format!("/notifications/{id}/opening"), &[]).await;
    bruno.follow(&opened).await.assert_says("Qual é o valor?");
}

#[actix_web::test]
async fn the_failure_of_ones_own_schedule_gives_no_access() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno(&app).await;
    schedules::save(&bruno, &[]).await.assert_status(303);
    make_due(&app);
    bruno
        .get("/notifications")
        .await
        .assert_says("Erro no agendamento")
        .assert_does_not_say("Ir para conversa");
    bruno.get(CONVERSATION).await.assert_status(404);
}

#[actix_web::test]
async fn a_schedule_that_one_edits_counts_as_ones_own() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno(&app).await;
    let admin = app.administrator().await;
    let reminder = [("action", "notify"), ("message", ""), ("comment", ""), ("contact_id", "602")];
    let path = schedules::save(&admin, &reminder).await.location().to_owned();
    let changed = schedules::form(&[("action", "notify"), ("message", ""), ("comment", "")]);
    bruno.edit(&format!("{path}/edit"), &changed).await.assert_status(303);
    make_due(&app);
    bruno.get("/notifications").await.assert_says("Marina Duarte").assert_does_not_say("Ir para conversa");
    bruno.get(CONVERSATION).await.assert_status(404);
}

#[actix_web::test]
async fn running_somebody_elses_schedule_by_hand_gives_no_access() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno(&app).await;
    let id = Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    bruno.get(&format!("/schedules/{id}/dispatch")).await;
    bruno.post(&format!("/schedules/{id}/dispatch"), &[]).await.assert_status(303);
    bruno.get("/notifications").await.assert_says("Ver contato").assert_does_not_say("Ir para conversa");
    bruno.get(CONVERSATION).await.assert_status(404);
}

#[actix_web::test]
async fn access_ends_with_the_entry_and_after_thirty_days() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno_notified(&app).await;
    app.database.execute("UPDATE notifications SET created_at = now() - interval '29 days 23 hours'");
    bruno.get(CONVERSATION).await.assert_status(200);
    app.database.execute("UPDATE notifications SET created_at = now() - interval '30 days 1 minute'");
    bruno.get(CONVERSATION).await.assert_status(404);
    bruno.get("/notifications").await.assert_says("Ver contato").assert_does_not_say("Ir para conversa");
    app.database.execute("UPDATE notifications SET created_at = now()");
    bruno.get(CONVERSATION).await.assert_status(200);
    let id = app.database.number("SELECT id AS value FROM notifications");
    bruno.post(&format!("/notifications/{id}/removal"), &[]).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_status(404);
}

#[actix_web::test]
async fn access_ends_with_the_department() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno_notified(&app).await;
    let admin = app.administrator().await;
    admin.get("/departments/101").await;
    admin.post("/departments/101/members/303/removal", &[("known", "1")]).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_status(404);
    bruno.get("/notifications").await.assert_does_not_say("Ir para conversa");
    // Notifications from now on count again.
    Plan::new(&app.company, "notify").save(&app.database);
    dispatcher::run(&app.database);
    bruno.get(CONVERSATION).await.assert_status(200);
}

#[actix_web::test]
async fn access_ends_with_a_permission_and_not_with_another_one() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno_notified(&app).await;
    let (admin, role) = (app.administrator().await, "/roles/203");
    let with = |more: Option<&'static str>| {
        let fields = [("name", "Atendente"), ("permissions", "tickets")];
        fields.into_iter().chain(more.map(|one| ("permissions", one))).collect::<Vec<_>>()
    };
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'contacts')");
    bruno.get(CONVERSATION).await.assert_status(200);
    admin.edit(role, &with(Some("schedules"))).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_status(404);
}

#[actix_web::test]
async fn access_ends_with_a_role_that_holds_less_and_lasts_with_one_that_holds_more() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let bruno = bruno_notified(&app).await;
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (230, 'Mais'), (231, 'Menos');
         INSERT INTO role_permissions VALUES (230, 'tickets'), (230, 'schedules'), (230, 'audit'), (231, 'tickets')",
    );
    let admin = app.administrator().await;
    let with = |role| {
        [
            ("name", "Bruno Lima"),
            ("email", "bruno@empresa.example"),
            ("role_id", role),
            ("departments", "101"),
        ]
    };
    admin.edit("/users/303", &with("230")).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_status(200);
    admin.edit("/users/303", &with("231")).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_status(404);
}

/// A schedule without an attendant notifies the department.
#[actix_web::test]
async fn deactivating_an_attendant_gives_no_access_through_their_schedules() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its opening");
    let _ = bruno(&app).await;
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (230, 'Gestão');
         INSERT INTO role_permissions VALUES (230, 'tickets'), (230, 'users');
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 330, 'Paula Vieira', 'paula@empresa.example', password_hash, 230 FROM users WHERE id = 303;
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 331, 'Íris Sá', 'iris@empresa.example', password_hash, 203 FROM users WHERE id = 303;
         INSERT INTO department_members VALUES (101, 330), (101, 331)",
    );
    Plan { due_in: "1 hour", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let paula = app.signed_in("paula@empresa.example").await;
    paula.get("/users/303/deactivation").await.assert_status(200);
    paula.post("/users/303/deactivation", &[]).await.assert_status(303);
    make_due(&app);
    paula.get("/notifications").await.assert_says("Marina Duarte").assert_does_not_say("Ir para conversa");
    paula.get(CONVERSATION).await.assert_status(404);
    let iris = app.signed_in("iris@empresa.example").await;
    iris.get(CONVERSATION).await.assert_status(200);
}

#[actix_web::test]
async fn the_thread_names_who_created_the_schedule_that_opened_the_ticket() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let bruno = app.attendant().await;
    bruno.get(CONVERSATION).await.assert_status(404);
    let path = schedules::save(&bruno, &[]).await.location().to_owned();
    let admin = app.administrator().await;
    admin.get(&format!("{path}/dispatch")).await;
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    bruno.get(CONVERSATION).await.assert_says("aberto por um agendamento de Bruno Lima, Ana Prado às");
}
