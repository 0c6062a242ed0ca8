//! Somebody or something is deactivated in the moment in which schedules fire.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use pontual::dispatcher::tick;

use super::{end_of, run, told};
use crate::harness::{Database, Plan, TestApp};

/// Helena attends "Suporte" beside Bruno, who leaves.
async fn company() -> TestApp {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 304)");
    app
}

/// How many wait for a lock in this database.
const WAITING: &str = "SELECT count(*) AS value FROM pg_locks
    WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";

async fn until_waiting(database: &Database, count: i64) {
    for _ in 0..4000 {
        if database.number(WAITING) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{count} should wait for a lock");
}

/// Lets whoever opens a ticket wait in the middle of it until advisory lock 77 is free.
const SLOW_TICKETS: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NEW; END $$;
    CREATE TRIGGER wait BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION wait()";

#[actix_web::test]
async fn who_leaves_while_their_schedule_fires_leaves_the_ticket_in_the_queue_and_the_department_is_told() {
    let app = company().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    app.database.execute(SLOW_TICKETS);
    let mut gate = app.database.connect();
    gate.batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let (url, database) = (app.database.url.clone(), &app.database);
    let firing = std::thread::spawn(move || tick(&mut Database { url }.connect()).unwrap());
    until_waiting(database, 1).await;
    let leaving = admin.post("/users/303/deactivation", &[]);
    let opening = async {
        until_waiting(database, 2).await;
        gate.batch_execute("SELECT pg_advisory_unlock(77)").unwrap();
    };
    let (left, ()) = futures_util::future::join(leaving, opening).await;
    left.assert_status(303);
    assert_eq!(firing.join().unwrap().completed, 1);
    let queue = "SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL AND status = 'open'";
    assert_eq!(app.database.number(queue), 1);
    assert_eq!(
        told(&app.database, id),
        ["Bruno Lima: schedule_completed", "Helena Costa: schedule_completed"]
    );
}

#[actix_web::test]
async fn a_schedule_of_somebody_who_is_leaving_waits_and_all_others_fire() {
    let app = company().await;
    let theirs = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let other =
        Plan { contact: 602, attendant: Some(304), ..Plan::new(&app.company, "open_ticket_and_notify") };
    let other = other.save(&app.database);
    let mut leaving = app.database.connect();
    leaving
        .batch_execute("BEGIN; SELECT FROM users WHERE id = 303 FOR NO KEY UPDATE; UPDATE users SET deactivated_at = now() WHERE id = 303")
        .unwrap();
    let outcome = run(&app.database);
    assert_eq!((outcome.completed, outcome.next_due), (1, None));
    assert_eq!(outcome.held.iter().map(|id| id.0).collect::<Vec<_>>(), [theirs]);
    assert_eq!(
        (end_of(&app.database, theirs).as_str(), end_of(&app.database, other).as_str()),
        ("scheduled", "completed")
    );
    leaving.batch_execute("COMMIT").unwrap();
    run(&app.database);
    assert_eq!(told(&app.database, theirs), ["Helena Costa: schedule_completed"]);
    let kept = "SELECT count(*) AS value FROM tickets WHERE attendant_id = 303";
    assert_eq!(app.database.number(kept), 0);
}

#[actix_web::test]
async fn of_many_that_fire_while_somebody_leaves_none_stays_with_them_and_all_are_told() {
    let app = company().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, address, name)
            SELECT 10000 + n, 401, 'c' || n, 'Contato ' || n FROM generate_series(1, 200) n;
         INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                message, comment)
            SELECT 10000 + n, 101, 303, 'open_ticket_and_notify', now() - interval '1 second', now(), 'UTC', 'Oi', 'c'
              FROM generate_series(1, 200) n;
         INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM schedules;
         INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM schedules",
    );
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    let url = app.database.url.clone();
    let firing = std::thread::spawn(move || {
        let mut conn = Database { url }.connect();
        let mut done = 0;
        while done < 200 {
            done += tick(&mut conn).unwrap().completed;
            std::thread::yield_now();
        }
    });
    admin.post("/users/303/deactivation", &[]).await.assert_status(303);
    firing.join().unwrap();
    let left = "SELECT count(*) AS value FROM tickets WHERE attendant_id IS NOT NULL OR department_id <> 101";
    assert_eq!(app.database.number(left), 0);
    let told = "SELECT count(DISTINCT schedule_id) AS value FROM notifications WHERE user_id = 304";
    assert_eq!(app.database.number(told), 200);
    app.check();
}

#[actix_web::test]
async fn what_somebody_had_read_or_another_inherits_is_told_to_no_more_than_that() {
    let app = company().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 302)");
    let read = Plan::new(&app.company, "notify").save(&app.database);
    let unread = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    run(&app.database);
    app.database.execute(&format!("UPDATE notifications SET read_at = now() WHERE schedule_id = {read}"));
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    admin.post("/users/303/deactivation", &[("heir_101", "304")]).await.assert_status(303);
    assert_eq!(told(&app.database, read), ["Bruno Lima: schedule_completed"]);
    assert_eq!(
        told(&app.database, unread),
        ["Bruno Lima: schedule_completed", "Helena Costa: schedule_completed"]
    );
}

#[actix_web::test]
async fn who_leaves_a_department_while_their_schedule_fires_is_asked_what_becomes_of_the_ticket() {
    let app = company().await;
    Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let admin = app.administrator().await;
    admin.get("/departments/101").await;
    app.database.execute(SLOW_TICKETS);
    let mut gate = app.database.connect();
    gate.batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let (url, database) = (app.database.url.clone(), &app.database);
    let firing = std::thread::spawn(move || tick(&mut Database { url }.connect()).unwrap());
    until_waiting(database, 1).await;
    let removing = admin.post("/departments/101/members/303/removal", &[("known", "1")]);
    let opening = async {
        until_waiting(database, 2).await;
        gate.batch_execute("SELECT pg_advisory_unlock(77)").unwrap();
    };
    let (removed, ()) = futures_util::future::join(removing, opening).await;
    removed.assert_status(303);
    firing.join().unwrap();
    let queue = "SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL";
    assert_eq!(app.database.number(queue), 1);
}

#[actix_web::test]
async fn a_department_that_is_deactivated_while_its_schedule_fires_hands_the_ticket_over() {
    let app = company().await;
    Plan { attendant: None, ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let admin = app.administrator().await;
    admin.get("/departments/101/deactivation").await;
    app.database.execute(SLOW_TICKETS);
    let mut gate = app.database.connect();
    gate.batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let (url, database) = (app.database.url.clone(), &app.database);
    let firing = std::thread::spawn(move || tick(&mut Database { url }.connect()).unwrap());
    until_waiting(database, 1).await;
    let heirs = [("channels_to", "102"), ("work_to", "102")];
    let leaving = admin.post("/departments/101/deactivation", &heirs);
    let opening = async {
        until_waiting(database, 2).await;
        gate.batch_execute("SELECT pg_advisory_unlock(77)").unwrap();
    };
    let (left, ()) = futures_util::future::join(leaving, opening).await;
    left.assert_status(303);
    firing.join().unwrap();
    let moved = "SELECT count(*) AS value FROM tickets WHERE department_id = 102 AND status = 'open'";
    assert_eq!(app.database.number(moved), 1);
}

#[actix_web::test]
async fn while_a_department_or_channel_is_being_deactivated_its_schedules_wait_and_all_others_fire() {
    for (table, id) in [("departments", 101), ("channels", 401)] {
        let app = company().await;
        app.database.execute(
            "INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'web_chat', 'Outro', 102);
             UPDATE contacts SET channel_id = 402 WHERE id = 602",
        );
        let theirs = Plan::new(&app.company, "open_ticket").save(&app.database);
        let other =
            Plan { contact: 602, department: 102, attendant: None, ..Plan::new(&app.company, "open_ticket") };
        let other = other.save(&app.database);
        let mut leaving = app.database.connect();
        leaving
            .batch_execute(&format!("BEGIN; UPDATE {table} SET deactivated_at = now() WHERE id = {id}"))
            .unwrap();
        run(&app.database);
        assert_eq!(end_of(&app.database, theirs), "scheduled", "{table}");
        assert_eq!(end_of(&app.database, other), "completed", "{table}");
        leaving.batch_execute("COMMIT").unwrap();
        run(&app.database);
        let reason = if table == "departments" { "department_inactive" } else { "contact_inactive" };
        assert_eq!(end_of(&app.database, theirs), reason);
    }
}

#[actix_web::test]
async fn firing_by_hand_waits_for_whoever_leaves_and_does_not_get_into_their_way() {
    let app = company().await;
    let later = Plan { due_in: "1 day", ..Plan::new(&app.company, "open_ticket_and_notify") };
    let id = later.save(&app.database);
    let admin = app.administrator().await;
    admin.get(&format!("/schedules/{id}")).await;
    let mut leaving = app.database.connect();
    leaving.batch_execute("BEGIN; UPDATE users SET deactivated_at = now() WHERE id = 303").unwrap();
    let path = format!("/schedules/{id}/dispatch");
    let firing = admin.post(&path, &[]);
    let database = &app.database;
    let leave = async {
        until_waiting(database, 1).await;
        leaving
            .batch_execute("SET LOCAL lock_timeout = '2s'; SELECT FROM schedules FOR NO KEY UPDATE; SELECT FROM contacts FOR NO KEY UPDATE; COMMIT")
            .unwrap();
    };
    let (fired, ()) = futures_util::future::join(firing, leave).await;
    fired.assert_status(303);
    assert_eq!(told(&app.database, id), ["Helena Costa: schedule_completed"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL"), 1);
}
