//! Deactivating an attendant: what it affects, what is handed over, and what ends.

use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::user_manager;
use crate::harness::{Live, Plan, TestApp};

#[actix_web::test]
async fn when_two_administrators_deactivate_each_other_one_stays() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 306, 'Eva Nunes', 'eva@empresa.example', password_hash, role_id FROM users WHERE id = 301",
    );
    let (ana, eva) = (app.administrator().await, app.signed_in("eva@empresa.example").await);
    ana.get("/users/306").await;
    eva.get("/users/301").await;
    futures_util::future::join(
        ana.post("/users/306/deactivation", &[]),
        eva.post("/users/301/deactivation", &[]),
    )
    .await;
    let active = "SELECT count(*) AS value FROM users u JOIN roles r ON r.id = u.role_id
        WHERE r.is_administrator AND u.deactivated_at IS NULL";
    assert_eq!(app.database.number(active), 1);
}

#[actix_web::test]
async fn deactivating_shows_the_affected_work_and_ends_sessions_at_once() {
    let app = TestApp::new().await;
    let later = Plan { due_in: "1 day", ..Plan::new(&app.company, "open_ticket_and_notify") };
    let schedule = later.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 101, 303)",
    );
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let page = admin.get("/users/303/deactivation").await;
    page.assert_says("Agendamentos pendentes: 1")
        .assert_says("Marina Duarte")
        .assert_says("os que abrem chamado vão para a fila do departamento")
        .assert_says("Chamados abertos: 1")
        .assert_says("Rafael Nogueira");
    assert_eq!(page.count(&format!("a[href='/schedules/{schedule}']")), 1);
    let done = admin.post("/users/303/deactivation", &[]).await;
    admin.follow(&done).await.assert_says("Atendente desativado.").assert_says("Inativo");
    bruno.get("/tickets").await.assert_status(303);
    let ticket =
        "SELECT count(*) AS value FROM tickets WHERE id = 701 AND attendant_id IS NULL AND status = 'open'";
    assert_eq!(app.database.number(ticket), 1);
    let attendant = format!("SELECT attendant_id AS value FROM schedules WHERE id = {schedule}");
    assert_eq!(app.database.number(&attendant), 303);

    admin.get("/users/303/reactivation").await.assert_says("1 agendamento pendente");
    let back = admin.post("/users/303/reactivation", &[]).await;
    admin.follow(&back).await.assert_says("Atendente reativado.");
    bruno.get("/tickets").await.assert_status(303);
    app.attendant().await.get("/tickets").await.assert_status(200);
}

#[actix_web::test]
async fn user_managers_without_schedules_see_no_customer_names() {
    let app = TestApp::new().await;
    Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let paula = user_manager(&app).await;
    let page = paula.get("/users/303/deactivation").await;
    page.assert_says("Agendamentos pendentes: 1").assert_does_not_say("Marina");
    assert_eq!(page.count("main a[href^='/schedules/']"), 0);
}

#[actix_web::test]
async fn work_is_handed_over_in_the_same_step() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 304)");
    let later = Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") };
    let schedule = later.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 101, 303)",
    );
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await.assert_says("Suporte: 1 agendamento e 1 chamado");
    let done = admin.post("/users/303/deactivation", &[("heir_101", "304")]).await;
    done.assert_status(303);
    let handed_over = format!(
        "SELECT count(*) AS value FROM schedules s, tickets t
          WHERE s.id = {schedule} AND s.attendant_id = 304 AND s.version = 2 AND t.id = 701 AND t.attendant_id = 304"
    );
    assert_eq!(app.database.number(&handed_over), 1);
    let details =
        app.database.texts("SELECT details::text AS value FROM schedule_history WHERE kind = 'edited'");
    let expected = r#"{"fields": ["attendant_id"], "values": {"attendant_id": [303, 304]}, "version": 2}"#;
    assert_eq!(details, [expected]);
    app.with_made_up_rows("a ticket that nobody opened");
}

#[actix_web::test]
async fn work_goes_only_to_attendants_of_its_department() {
    let app = TestApp::new().await;
    Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    for heir in ["304", "303", "999999"] {
        let page = admin.post("/users/303/deactivation", &[("heir_101", heir)]).await;
        page.assert_status(422).assert_says("não atende mais neste departamento");
    }
    let active = "SELECT count(*) AS value FROM users WHERE id = 303 AND deactivated_at IS NULL";
    assert_eq!(app.database.number(active), 1);
}

#[actix_web::test]
async fn schedules_too_close_to_others_are_not_handed_over() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO department_members VALUES (101, 304);
         UPDATE settings SET spacing_scope = 'attendant', spacing_minutes = 6",
    );
    let of =
        |attendant, due_in| Plan { attendant: Some(attendant), due_in, ..Plan::new(&app.company, "notify") };
    of(303, "1 day").save(&app.database);
    let free = of(303, "2 days").save(&app.database);
    let other = of(304, "1 day 3 minutes").save(&app.database);
    app.database.execute("UPDATE schedules SET spacing_key = spacing_key('attendant', department_id, attendant_id, contact_id), min_gap = '4 minutes'");
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    let refused = admin.post("/users/303/deactivation", &[("heir_101", "304")]).await;
    refused.assert_status(422).assert_says("perto demais").assert_says("Perto demais de outros");
    assert_eq!(refused.count("option[value='304'][selected]"), 1);
    let moved = "SELECT count(*) AS value FROM schedules WHERE attendant_id = 304";
    assert_eq!(app.database.number(moved), 1);

    app.database
        .execute(&format!("UPDATE schedules SET due_at = due_at + interval '1 hour' WHERE id = {other}"));
    admin.post("/users/303/deactivation", &[("heir_101", "304")]).await.assert_status(303);
    let key = format!("SELECT spacing_key AS value FROM schedules WHERE id = {free}");
    assert_eq!((app.database.number(moved), app.database.number(&key)), (3, (2 << 56) + 304));
}

#[actix_web::test]
async fn a_handover_waits_for_a_schedule_that_is_being_saved_at_the_same_time() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO department_members VALUES (101, 304);
         UPDATE settings SET spacing_scope = 'attendant', spacing_minutes = 6",
    );
    let of =
        |attendant, due_in| Plan { attendant: Some(attendant), due_in, ..Plan::new(&app.company, "notify") };
    let leaving = of(303, "1 day").save(&app.database);
    let near = of(304, "2 days").save(&app.database);
    app.database.execute(&format!(
        "UPDATE schedules SET spacing_key = spacing_key('attendant', 101, 303, 601), min_gap = '4 minutes' WHERE id = {leaving}"
    ));
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    let mut saver = app.database.connect();
    saver
        .batch_execute(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtext('pontual.spacing_key'), hashint8(spacing_key('attendant', 101, 304, 601)));
             UPDATE schedules SET due_at = (SELECT due_at + interval '1 minute' FROM schedules WHERE id = {leaving}),
                    spacing_key = spacing_key('attendant', 101, 304, 601), min_gap = '4 minutes' WHERE id = {near}"
        ))
        .unwrap();
    let handing_over = admin.post("/users/303/deactivation", &[("heir_101", "304")]);
    let database = &app.database;
    let saving = async move {
        let waiting = "SELECT count(*) AS value FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while database.number(waiting) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        saver.batch_execute("COMMIT").unwrap();
    };
    let both = futures_util::future::join(handing_over, saving);
    let (refused, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    refused.assert_status(422).assert_says("Perto demais de outros");
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_by_an_administrator() {
    let app = TestApp::new().await;
    let (bruno, again) = (app.attendant().await, app.attendant().await);
    let admin = app.administrator().await;
    let page = admin.get("/users/303").await;
    assert_eq!(page.count("button[formaction^='/users/303/sessions/'][formaction$='/ending']"), 2);
    let newest = "SELECT id::text AS value FROM sessions WHERE user_id = 303 ORDER BY created_at";
    let ids = app.database.texts(newest);
    // Another user's session is not found on his page.
    let own = app.database.texts("SELECT id::text AS value FROM sessions WHERE user_id = 301").remove(0);
    admin.post(&format!("/users/303/sessions/{own}/ending"), &[]).await.assert_status(404);
    admin.post(&format!("/users/303/sessions/{}/ending", ids[0]), &[]).await.assert_status(303);
    bruno.get("/tickets").await.assert_status(303);
    again.get("/tickets").await.assert_status(200);
    let live = Live::start(&app).await;
    let mut stream = live.stream(&again).await;
    admin.post("/users/303/sessions/ending", &[]).await.assert_status(303);
    stream.ends().await;
    again.get("/tickets").await.assert_status(303);
    admin.get("/users/303").await.assert_says("Nenhuma sessão aberta.");
}

#[actix_web::test]
async fn leaving_a_department_first_shows_the_work_there_and_only_there() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO department_members VALUES (102, 303)");
    let schedule = Plan { due_in: "1 day", ..Plan::new(&app.company, "notify") }.save(&app.database);
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id, attendant_id)
         VALUES (701, 602, 101, 303), (702, 601, 102, 303)",
    );
    let app = app.with_made_up_rows("tickets that nobody opened");
    let admin = app.administrator().await;
    let fields =
        [("name", "Bruno"), ("email", "bruno@empresa.example"), ("role_id", "203"), ("departments", "102")];
    let page = admin.edit("/users/303", &fields).await;
    page.assert_status(422).assert_says("Retirar Bruno de Suporte?").assert_says("Chamados abertos: 1");
    page.assert_says("Agendamentos pendentes: 1").assert_says("com esta pessoa, que atende o que sair deles");
    let sent = page.attributes("input[type=hidden]", "name");
    let values = page.attributes("input[type=hidden]", "value");
    let again: Vec<_> =
        sent.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let name = "SELECT count(*) AS value FROM users WHERE id = 303 AND name = 'Bruno'";
    assert_eq!(app.database.number(name), 0);

    let saved = admin.post_raw("/users/303", &again).await;
    admin.follow(&saved).await.assert_says("Atendente salvo.");
    let attendants = format!(
        "SELECT count(*) AS value FROM schedules s, tickets here, tickets there
          WHERE s.id = {schedule} AND s.attendant_id = 303 AND here.id = 701 AND here.attendant_id IS NULL
            AND there.id = 702 AND there.attendant_id = 303"
    );
    assert_eq!((app.database.number(name), app.database.number(&attendants)), (1, 1));
    admin.get("/users/303").await.assert_says("Bruno");
}

#[actix_web::test]
async fn saving_a_user_locks_the_successors_first() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO department_members VALUES (102, 303);
         INSERT INTO tickets (id, contact_id, department_id, attendant_id) VALUES (701, 602, 102, 304)",
    );
    let app = app.with_made_up_rows("a ticket that nobody opened");
    let admin = app.administrator().await;
    let version = admin.get("/users/304").await.attribute("input[name=version]", "value").unwrap();
    let fields = [
        ("name", "Helena Costa"),
        ("email", "helena@empresa.example"),
        ("role_id", "203"),
        ("departments", "101"),
        ("known", "1"),
        ("heir_102", "303"),
        ("version", version.as_str()),
    ];
    let mut other = app.database.connect();
    let lock = |user: i64| format!("SELECT FROM users WHERE id = {user} FOR NO KEY UPDATE NOWAIT");
    other.batch_execute(&format!("BEGIN; {}", lock(303))).unwrap();
    let then = async {
        let waiting = "SELECT count(*) AS value FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while app.database.number(waiting) == 0 {
            tokio::task::yield_now().await;
        }
        other.batch_execute(&format!("{}; COMMIT", lock(304))).map_err(|error| error.to_string())
    };
    let (saved, locked) = futures_util::future::join(admin.post("/users/304", &fields), then).await;
    assert_eq!(locked, Ok(()));
    saved.assert_status(303);
    assert_eq!(app.database.number("SELECT attendant_id AS value FROM tickets WHERE id = 701"), 303);
}

#[actix_web::test]
async fn the_history_of_a_user_names_the_departments() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/departments/102").await;
    admin.post("/departments/102/members", &[("user_id", "303")]).await.assert_status(303);
    admin.post("/departments/101/members/303/removal", &[]).await.assert_status(303);
    let page = admin.get("/users/303").await;
    page.assert_says("Ana Prado incluiu no departamento Financeiro,")
        .assert_says("Ana Prado retirou do departamento Suporte,");
}
