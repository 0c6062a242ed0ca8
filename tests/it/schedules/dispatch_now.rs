//! "Disparar agora".

use futures_util::future::{join, join_all};
use pontual::dispatcher::tick;

use super::save;
use crate::harness::{Live, Plan, TestApp};

/// Makes a schedule for Marina that is due in an hour, and returns its address.
fn pending(app: &TestApp, action: &'static str) -> String {
    let id = Plan { due_in: "1 hour", ..Plan::new(&app.company, action) }.save(&app.database);
    format!("/schedules/{id}")
}

#[actix_web::test]
async fn a_schedule_is_fired_at_once_and_keeps_its_due_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let question = admin.get(&format!("{path}/dispatch")).await;
    question
        .assert_says("Disparar este agendamento agora?")
        .assert_says("A mensagem para Marina Duarte é enviada")
        .assert_says("e não em 05/12/2030 às 10:00.");
    let answer = admin.post(&format!("{path}/dispatch"), &[]).await;
    let page = admin.follow(&answer).await;
    page.assert_says("Agendamento disparado.")
        .assert_says("Disparado agora por Ana Prado")
        .assert_says("estava previsto para 05/12/2030 às 10:00")
        .assert_says("Quinta-feira, 05/12/2030 às 10:00")
        .assert_says("Chamado nº 1001 aberto")
        .assert_says("Atendente notificado");
    let sent = app.database.texts("SELECT body AS value FROM messages WHERE kind = 'attendant'");
    assert_eq!(sent, ["Olá, Marina!\nTudo bem?"]);
    let who = "SELECT actor_id AS value FROM audit WHERE action = 'schedule.completed' AND ip <> ''";
    assert_eq!(app.database.number(who), app.company.administrator);
    let bell = app.attendant().await.get("/notifications").await;
    bell.assert_says("Chamado aberto para Marina Duarte");
}

#[actix_web::test]
async fn the_page_shows_when_the_message_is_delivered_and_read() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let live = Live::start(&app).await;
    let path = pending(&app, "open_ticket");
    let mut stream = live.stream(&admin).await;
    admin.get(&path).await;
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    stream.until("schedules").await;
    let customer = app.customer(app.company.marina).await;
    let chat = "/c/601";
    let sent = app.database.number("SELECT id AS value FROM messages WHERE kind = 'attendant'").to_string();
    for (field, title) in [("delivered", "Mensagem entregue"), ("read", "Mensagem lida")] {
        customer.post(&format!("{chat}/receipts"), &[(field, &sent)]).await.assert_status(204);
        assert_eq!(stream.data("schedules").await["ids"], serde_json::json!([1]));
        admin.get(&path).await.assert_says(title);
    }
}

#[actix_web::test]
async fn an_open_ticket_prevents_it_and_the_schedule_stays_pending() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = pending(&app, "open_ticket_and_notify");
    app.database
        .execute("INSERT INTO tickets (id, protocol, contact_id, department_id) VALUES (7, 1042, 601, 101)");
    admin.get(&path).await;
    let page = admin.post(&format!("{path}/dispatch"), &[]).await;
    page.assert_status(409)
        .assert_says("Nada foi disparado. O agendamento continua pendente.")
        .assert_says("O chamado nº 1042 deste contato está aberto.");
    assert_eq!(page.count("a[href='/tickets/7']"), 1);
    admin.get(&path).await.assert_says("Aguardando o disparo");
    let traces = "SELECT (SELECT count(*) FROM notifications) + (SELECT count(*) FROM messages) AS value";
    assert_eq!(app.database.number(traces), 0);
}

#[actix_web::test]
async fn a_reminder_needs_no_closed_ticket() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = pending(&app, "notify");
    app.database.execute("INSERT INTO tickets (contact_id, department_id) VALUES (601, 101)");
    admin.get(&path).await;
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    admin.get(&path).await.assert_says("Disparado agora por Ana Prado").assert_says("Bruno Lima");
}

#[actix_web::test]
async fn a_contact_without_an_active_channel_prevents_it() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = pending(&app, "open_ticket");
    app.database.execute("UPDATE channels SET deactivated_at = now()");
    admin.get(&path).await;
    let page = admin.post(&format!("{path}/dispatch"), &[]).await;
    page.assert_status(409).assert_says("está sem conexão ativa");
    admin.get(&path).await.assert_says("Aguardando o disparo");
}

#[actix_web::test]
async fn a_user_may_dispatch_later_than_the_tolerance() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "-3 hours", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let path = format!("/schedules/{id}");
    admin.get(&path).await;
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    admin.get(&path).await.assert_says("Concluído");
}

#[actix_web::test]
async fn two_users_at_once_dispatch_it_once() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let path = format!("{}/dispatch", pending(&app, "open_ticket"));
    let visitors = [app.administrator().await, other.administrator().await];
    for visitor in &visitors {
        visitor.get(&path).await.assert_status(200);
    }
    let answers = join_all(visitors.iter().map(|visitor| visitor.post(&path, &[]))).await;
    assert!(answers.iter().all(|answer| answer.status == 303));
    let shown = join(visitors[0].follow(&answers[0]), visitors[1].follow(&answers[1])).await;
    let texts = [shown.0.text(), shown.1.text()];
    let said = |sentence: &str| texts.iter().filter(|text| text.contains(sentence)).count();
    assert_eq!((said("Agendamento disparado."), said("já não estava pendente")), (1, 1));
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets"), 1);
}

#[actix_web::test]
async fn a_user_and_the_dispatcher_at_once_dispatch_it_once() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for _ in 0..10 {
        let id = Plan { due_in: "-1 second", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
        let path = format!("/schedules/{id}");
        admin.get(&path).await;
        let url = app.database.url.clone();
        let ticking = std::thread::spawn(move || tick(&mut pontual::db::connect(&url).unwrap()).unwrap());
        admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
        ticking.join().unwrap();
        tick(&mut app.database.connect()).unwrap();
        let tickets = format!("SELECT count(*) AS value FROM tickets WHERE schedule_id = {id}");
        assert_eq!(app.database.number(&tickets), 1);
        app.database.execute(
            "WITH closed AS (UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() WHERE status = 'open'
                RETURNING id, contact_id),
             event AS (INSERT INTO messages (contact_id, ticket_id, kind, event)
                SELECT contact_id, id, 'event', 'ticket_closed' FROM closed)
             INSERT INTO audit (action, subject_id) SELECT 'ticket.closed', id FROM closed",
        );
        app.check();
    }
}

#[actix_web::test]
async fn without_the_permission_there_are_no_buttons_and_requests_are_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = pending(&app, "open_ticket");
    let buttons = "a[href$='/dispatch'], a[href$='/edit'], a[href$='/cancellation'], a[href*='?from=']";
    assert_eq!(admin.get(&path).await.count(buttons), 3);
    let bruno = app.attendant().await;
    let page = bruno.get(&path).await;
    page.assert_status(200).assert_says("Marina Duarte");
    assert_eq!(page.count(buttons), 0);
    bruno.get("/notifications").await;
    for part in ["dispatch", "cancellation"] {
        bruno.post(&format!("{path}/{part}"), &[]).await.assert_status(403);
    }
    bruno.post(&path, &[]).await.assert_status(403);
    app.other_attendant().await.get(&path).await.assert_status(404);
}

#[actix_web::test]
async fn pages_show_when_it_was_dispatched_by_hand() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let pages = [path.clone(), "/schedules".into(), "/schedules/calendar?view=month&date=2030-12-05".into()];
    for page in &pages {
        admin.get(page).await.assert_says("Marina Duarte").assert_does_not_say("isparado em");
    }
    admin.post(&format!("{path}/dispatch"), &[]).await.assert_status(303);
    let at = app.database.texts(
        "SELECT to_char(finished_at AT TIME ZONE 'America/Sao_Paulo', 'DD/MM/YYYY \"às\" HH24:MI') AS value FROM schedules",
    );
    for page in &pages {
        admin.get(page).await.assert_says(&format!("isparado em {}", at[0]));
    }
}

#[actix_web::test]
async fn a_pending_schedule_warns_of_what_was_deactivated() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    assert_eq!(admin.get(&path).await.count("[data-caution]"), 0);
    for (change, sentence, then) in [
        (
            "users SET deactivated_at = now() WHERE id = 303",
            "Bruno Lima está desativado.",
            "O chamado vai abrir na fila de Suporte, e o aviso vai aos atendentes dela.",
        ),
        (
            "departments SET deactivated_at = now() WHERE id = 101",
            "O departamento Suporte está desativado.",
            "Edite e escolha outro departamento.",
        ),
        (
            "channels SET deactivated_at = now() WHERE id = 401",
            "O contato está sem conexão ativa.",
            "No horário, nada será enviado.",
        ),
        (
            "contacts SET archived_at = now() WHERE id = 601",
            "O contato foi arquivado.",
            "Reative o contato, ou edite e escolha outro.",
        ),
    ] {
        app.database.execute(&format!("UPDATE {change}"));
        let page = admin.get(&path).await;
        page.assert_says(sentence).assert_says(then);
        assert!(page.count(&format!("[data-caution] a[href='{path}/edit']")) > 0);
        let theirs = change.replace("= now()", "= NULL");
        app.database.execute(&format!("UPDATE {theirs}"));
        admin.get(&path).await.assert_does_not_say(sentence);
    }
}
