//! A locked contact: requests that wait for it do not delay others.

use std::time::{Duration, Instant};

use actix_web::rt;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use futures_util::future::join_all;
use pontual::dispatcher::{prepare, settle_when_unlocked, tick};
use pontual::ids::ScheduleId;

use crate::harness::{Plan, TestApp, Visitor};
use crate::schedules::filters::shown;
use crate::schedules::{form, save};

/// How long a request waits for a locked contact. Other requests must be much faster.
const PATIENCE: Duration = Duration::from_secs(2);

/// Number of connections that wait for a lock.
const WAITS: &str = "SELECT count(*) AS value FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Locks a contact's row until it is dropped.
struct Holder(PgConnection);

impl Holder {
    fn of(app: &TestApp, contact: i64) -> Self {
        let mut conn = app.database.connect();
        conn.batch_execute(&format!(
            "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT FROM contacts WHERE id = {contact} FOR UPDATE"
        ))
        .unwrap();
        Self(conn)
    }

    fn release(mut self) {
        self.0.batch_execute("COMMIT").unwrap();
    }
}

/// An open ticket of the contact, in Bruno's department.
fn ticket(app: &TestApp, contact: i64) -> i64 {
    let department = app.company.support;
    app.database.number(&format!(
        "INSERT INTO tickets (contact_id, department_id) VALUES ({contact}, {department}) RETURNING id AS value"
    ))
}

async fn reply(visitor: &Visitor, ticket: i64, body: &str) -> u16 {
    visitor
        .post(&format!("/tickets/{ticket}/messages"), &[("body", body), ("kind", "attendant")])
        .await
        .status
}

#[actix_web::test]
async fn posts_for_a_locked_contact_wait_and_do_not_delay_others() {
    let app = TestApp::new().await.with_made_up_rows("tickets that nobody opened");
    let (marina, rafael) = (ticket(&app, app.company.marina), ticket(&app, app.company.rafael));
    let bruno = app.attendant().await;
    bruno.get(&format!("/tickets/{marina}")).await.assert_status(200);
    let holder = Holder::of(&app, app.company.marina);
    let waiting = join_all((0..64).map(|n| {
        let (bruno, body) = (&bruno, format!("mensagem {n}"));
        async move { reply(bruno, marina, &body).await }
    }));
    let others = async {
        let mut waits = Vec::new();
        for _ in 0..10 {
            let began = Instant::now();
            bruno.get("/tickets").await.assert_status(200);
            assert_eq!(reply(&bruno, rafael, "para outro").await, 303);
            waits.push(began.elapsed());
        }
        waits
    };
    let (waiting, waits) = futures_util::join!(waiting, others);
    assert!(waiting.iter().all(|status| *status == 503), "{waiting:?}");
    assert!(waits.iter().all(|wait| *wait < PATIENCE), "somebody waited for the locked contact: {waits:?}");
    holder.release();
    assert_eq!(reply(&bruno, marina, "depois").await, 303);
}

#[actix_web::test]
async fn new_schedules_for_a_locked_contact_do_not_delay_others() {
    let app = TestApp::new().await.with_made_up_rows("tickets that nobody opened");
    let admin = app.administrator().await;
    let key = async || admin.get("/schedules/new").await.attribute("[name=form_key]", "value").unwrap();
    let waiting_keys = [key().await, key().await, key().await, key().await, key().await];
    let free = key().await;
    let holder = Holder::of(&app, app.company.marina);
    let (marina, rafael) = (app.company.marina.to_string(), app.company.rafael.to_string());
    let post = async |key: &str, contact: &str| {
        admin.post("/schedules", &form(&[("form_key", key), ("contact_id", contact)])).await
    };
    let waiting = join_all(waiting_keys.iter().map(|key| post(key, &marina)));
    let other = post(&free, &rafael);
    let (waiting, other) = futures_util::join!(waiting, other);
    assert_eq!(other.status, 303, "{}", other.text());
    for page in waiting {
        page.assert_status(503).assert_says("Não foi possível salvar agora.");
    }
    holder.release();
}

#[actix_web::test]
async fn changes_of_many_schedules_of_a_locked_contact_do_not_delay_others() {
    let app = TestApp::new().await.with_made_up_rows("tickets that nobody opened");
    let rafael = ticket(&app, app.company.rafael);
    let schedules = ["1 day", "2 days", "3 days", "4 days", "5 days", "6 days", "7 days", "8 days"]
        .map(|due_in| Plan { due_in, ..Plan::new(&app.company, "open_ticket") }.save(&app.database));
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_status(200);
    let admin = app.administrator().await;
    admin.get("/schedules").await.assert_status(200);
    let holder = Holder::of(&app, app.company.marina);
    let mut conn = app.database.connect();
    conn.batch_execute("BEGIN; SELECT FROM schedules FOR UPDATE").unwrap();
    let waiting = join_all(schedules.iter().map(|id| {
        let admin = &admin;
        async move { admin.post(&format!("/schedules/{id}/cancellation"), &[("reason", "")]).await.status }
    }));
    let others = async {
        let statuses = join_all((0..6).map(|n| {
            let (bruno, body) = (&bruno, format!("para outro {n}"));
            async move { reply(bruno, rafael, &body).await }
        }));
        statuses.await
    };
    let (waiting, others) = futures_util::join!(waiting, others);
    assert!(waiting.iter().all(|status| *status == 503), "{waiting:?}");
    assert_eq!(others, [303; 6]);
    conn.batch_execute("COMMIT").unwrap();
    holder.release();
}

#[actix_web::test]
async fn cancelling_many_at_once_for_a_locked_contact_does_not_delay_others() {
    let app = TestApp::new().await.with_made_up_rows("tickets that nobody opened");
    let rafael = ticket(&app, app.company.rafael);
    let [first, second] = ["1 day", "2 days"].map(|due_in| {
        Plan { due_in, ..Plan::new(&app.company, "open_ticket") }.save(&app.database).to_string()
    });
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_status(200);
    let admin = app.administrator().await;
    admin.get("/schedules").await.assert_status(200);
    let holder = Holder::of(&app, app.company.marina);
    let mut conn = app.database.connect();
    conn.batch_execute("BEGIN; SELECT FROM schedules FOR UPDATE").unwrap();
    let waiting = join_all((0..8).map(|_| {
        let (admin, fields) = (&admin, [("id", first.as_str()), ("id", second.as_str()), ("reason", "")]);
        async move { admin.post("/schedules/cancellations", &fields).await.status }
    }));
    let others = join_all((0..6).map(|n| {
        let (bruno, body) = (&bruno, format!("para outro {n}"));
        async move { reply(bruno, rafael, &body).await }
    }));
    let (waiting, others) = futures_util::join!(waiting, others);
    assert!(waiting.iter().all(|status| *status == 503), "{waiting:?}");
    assert_eq!(others, [303; 6]);
    conn.batch_execute("COMMIT").unwrap();
    holder.release();
}

#[actix_web::test]
async fn archiving_a_person_with_a_locked_contact_does_not_delay_others() {
    let app = TestApp::new().await.with_made_up_rows("tickets that nobody opened");
    let rafael = ticket(&app, app.company.rafael);
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_status(200);
    let admin = app.administrator().await;
    admin.get("/people/501/archival").await.assert_status(200);
    let holder = Holder::of(&app, app.company.marina);
    let waiting = join_all((0..8).map(|_| async { admin.post("/people/501/archival", &[]).await.status }));
    let others = join_all((0..6).map(|n| {
        let (bruno, body) = (&bruno, format!("para outro {n}"));
        async move { reply(bruno, rafael, &body).await }
    }));
    let (waiting, others) = futures_util::join!(waiting, others);
    assert!(waiting.iter().all(|status| *status == 503), "{waiting:?}");
    assert_eq!(others, [303; 6]);
    holder.release();
}

#[actix_web::test]
async fn a_locked_row_does_not_delay_the_next_due_time() {
    let app = TestApp::new().await;
    let company = app.company;
    Plan { due_in: "-5 seconds", ..Plan::new(&company, "open_ticket") }.save(&app.database);
    Plan { due_in: "1 hour", contact: company.rafael, ..Plan::new(&company, "open_ticket") }
        .save(&app.database);
    let mut conn = app.database.connect();
    prepare(&mut conn).unwrap();
    let holder = Holder::of(&app, company.marina);
    let outcome = tick(&mut conn).unwrap();
    let due_in = outcome.next_due.expect("another is pending").as_secs();
    assert!(outcome.held.len() == 1 && (3_590..=3_600).contains(&due_in), "{outcome:?}");
    holder.release();
    assert_eq!(tick(&mut conn).unwrap().completed, 1);
}

#[actix_web::test]
async fn a_schedule_waits_for_its_locked_contact_and_is_run_afterwards() {
    let app = TestApp::new().await;
    let id = Plan::new(&app.company, "open_ticket").save(&app.database);
    let holder = Holder::of(&app, app.company.marina);
    let mut conn = app.database.connect();
    prepare(&mut conn).unwrap();
    let waiting = std::thread::spawn(move || settle_when_unlocked(&mut conn, ScheduleId(id)));
    while app.database.number(WAITS) == 0 {
        std::thread::yield_now();
    }
    holder.release();
    assert!(waiting.join().unwrap().unwrap());
    let state = "SELECT status AS value FROM schedules";
    assert_eq!(app.database.texts(state), ["completed"]);
}

#[actix_web::test]
async fn a_schedule_that_is_saved_while_its_contact_is_renamed_is_found_by_the_new_name() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let mut conn = app.database.connect();
    conn.batch_execute(&format!(
        "BEGIN; UPDATE contacts SET name = 'Zuleica Prado' WHERE id = {}",
        app.company.marina
    ))
    .unwrap();
    let renaming = async {
        while app.database.number(WAITS) == 0 {
            rt::task::yield_now().await;
        }
        conn.batch_execute("COMMIT").unwrap();
    };
    let (saved, ()) = futures_util::join!(save(&admin, &[]), renaming);
    saved.assert_status(303);
    assert_eq!(shown(&admin, "q=zuleica").await, ["Zuleica Prado"]);
}
