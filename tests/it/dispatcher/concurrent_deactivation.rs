//! A user, department, channel or contact is deactivated at the moment when schedules fire.

use std::future::Future;
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use pontual::dispatcher::{TickOutcome, tick};

use super::{end_of, notified, run};
use crate::harness::{Database, Page, Plan, TestApp};

/// Helena attends "Suporte" together with Bruno, who leaves.
async fn company() -> TestApp {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 304)");
    app
}

/// Number of transactions that wait for a lock in this database.
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

/// Makes each opening of a ticket wait until advisory lock 77 is free.
const SLOW_TICKETS: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NEW; END $$;
    CREATE TRIGGER wait BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION wait()";

#[actix_web::test]
async fn the_ticket_of_an_attendant_who_leaves_during_dispatch_goes_to_the_queue() {
    let app = company().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    leave_while_firing(&app, SLOW_TICKETS, admin.post("/users/303/deactivation", &[]))
        .await
        .assert_status(303);
    let queue = "SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL AND status = 'open'";
    assert_eq!(app.database.number(queue), 1);
    assert_eq!(
        notified(&app.database, id),
        ["Bruno Lima: schedule_completed", "Helena Costa: schedule_completed"]
    );
}

#[actix_web::test]
async fn only_the_schedules_of_a_leaving_attendant_wait() {
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
    assert_eq!(notified(&app.database, theirs), ["Helena Costa: schedule_completed"]);
    let kept = "SELECT count(*) AS value FROM tickets WHERE attendant_id = 303";
    assert_eq!(app.database.number(kept), 0);
}

#[actix_web::test]
async fn no_schedule_that_fires_during_a_departure_stays_with_the_leaver() {
    let app = company().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name)
            SELECT 10000 + n, 401, 'Contato ' || n FROM generate_series(1, 200) n;
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
    let schedules = "SELECT count(DISTINCT schedule_id) AS value FROM notifications WHERE user_id = 304";
    assert_eq!(app.database.number(schedules), 200);
    app.check();
}

#[actix_web::test]
async fn read_or_inherited_notifications_are_not_passed_on_again() {
    let app = company().await;
    app.database.execute("INSERT INTO department_members VALUES (101, 302)");
    let read = Plan::new(&app.company, "notify").save(&app.database);
    let unread = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    run(&app.database);
    app.database.execute(&format!("UPDATE notifications SET read_at = now() WHERE schedule_id = {read}"));
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    admin.post("/users/303/deactivation", &[("heir_101", "304")]).await.assert_status(303);
    assert_eq!(notified(&app.database, read), ["Bruno Lima: schedule_completed"]);
    assert_eq!(
        notified(&app.database, unread),
        ["Bruno Lima: schedule_completed", "Helena Costa: schedule_completed"]
    );
}

#[actix_web::test]
async fn leaving_a_department_during_dispatch_asks_about_the_ticket() {
    let app = company().await;
    Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let admin = app.administrator().await;
    admin.get("/departments/101").await;
    let removing = admin.post("/departments/101/members/303/removal", &[("known", "1")]);
    leave_while_firing(&app, SLOW_TICKETS, removing).await.assert_status(303);
    let queue = "SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL";
    assert_eq!(app.database.number(queue), 1);
}

#[actix_web::test]
async fn a_department_that_is_deactivated_while_its_schedule_fires_hands_the_ticket_over() {
    let app = company().await;
    Plan { attendant: None, ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let admin = app.administrator().await;
    admin.get("/departments/101/deactivation").await;
    let heirs = [("channels_to", "102"), ("work_to", "102")];
    let leaving = admin.post("/departments/101/deactivation", &heirs);
    leave_while_firing(&app, SLOW_TICKETS, leaving).await.assert_status(303);
    let moved = "SELECT count(*) AS value FROM tickets WHERE department_id = 102 AND status = 'open'";
    assert_eq!(app.database.number(moved), 1);
}

#[actix_web::test]
async fn only_the_schedules_of_a_department_or_channel_being_deactivated_wait() {
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
async fn dispatching_by_hand_waits_for_a_departure() {
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
    assert_eq!(notified(&app.database, id), ["Helena Costa: schedule_completed"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL"), 1);
}

/// Makes each decision, already written and holding its locks, wait before its commit until advisory lock 77 is free.
const SLOW_COMMIT: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON notifications DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()";

/// Starts a tick that waits for the gate at the point that `trigger` defines.
async fn begin_to_fire(app: &TestApp, trigger: &str) -> (PgConnection, JoinHandle<TickOutcome>) {
    app.database.execute(trigger);
    let mut gate = app.database.connect();
    gate.batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let url = app.database.url.clone();
    let firing = std::thread::spawn(move || tick(&mut Database { url }.connect()).unwrap());
    until_waiting(&app.database, 1).await;
    (gate, firing)
}

fn open(gate: &mut PgConnection) {
    gate.batch_execute("SELECT pg_advisory_unlock(77)").unwrap();
}

/// Somebody leaves while a decision waits at the point that `trigger` defines. The leaving waits for its commit.
async fn leave_while_firing(app: &TestApp, trigger: &str, leaving: impl Future<Output = Page>) -> Page {
    let (mut gate, firing) = begin_to_fire(app, trigger).await;
    let opening = async {
        until_waiting(&app.database, 2).await;
        open(&mut gate);
    };
    let (left, ()) = futures_util::future::join(leaving, opening).await;
    assert_eq!(firing.join().unwrap().completed, 1);
    left
}

/// Somebody leaves before a decision, which still saw them, notifies them. The decision is rolled back and repeated.
async fn leave_amid_the_decision(app: &TestApp, leaving: impl Future<Output = Page>) {
    let (mut gate, firing) = begin_to_fire(app, SLOW_TICKETS).await;
    leaving.await.assert_status(303);
    open(&mut gate);
    let outcome = firing.join().unwrap();
    assert_eq!((outcome.completed, outcome.held.len()), (0, 1));
    assert_eq!(run(&app.database).completed, 1);
}

/// Who is notified of a schedule without an attendant, and the request by which that person leaves.
struct Case {
    before: &'static str,
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 4] = [
    // The department's only attendant is deactivated.
    Case { before: "SELECT", path: "/users/303/deactivation", fields: &[] },
    // The department's only attendant leaves the department.
    Case { before: "SELECT", path: "/departments/101/members/303/removal", fields: &[("known", "1")] },
    // The creator is notified, because nobody attends the department.
    Case {
        before: "DELETE FROM department_members; UPDATE schedules SET created_by = 303",
        path: "/users/303/deactivation",
        fields: &[],
    },
    // One of two administrators is notified, because the creator has left too.
    Case {
        before: "DELETE FROM department_members; UPDATE schedules SET created_by = NULL;
                 UPDATE users SET role_id = (SELECT id FROM roles WHERE is_administrator) WHERE id = 303",
        path: "/users/303/deactivation",
        fields: &[],
    },
];

/// A schedule whose attendant, Gil, has left. Only Bruno attends the department.
async fn schedule_with_one_recipient(case: &Case) -> (TestApp, i64) {
    let app = TestApp::new().await;
    let gil = Some(app.company.role_manager);
    let id = Plan { attendant: gil, ..Plan::new(&app.company, "open_ticket_and_notify") }.save(&app.database);
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 302");
    app.database.execute(case.before);
    (app, id)
}

#[actix_web::test]
async fn the_only_recipient_passes_the_notification_on_when_leaving() {
    for case in CASES {
        let (app, id) = schedule_with_one_recipient(&case).await;
        let admin = app.administrator().await;
        admin.get("/users").await;
        leave_while_firing(&app, SLOW_COMMIT, admin.post(case.path, case.fields)).await.assert_status(303);
        let recipients = notified(&app.database, id);
        assert_eq!(
            recipients,
            ["Ana Prado: schedule_completed", "Bruno Lima: schedule_completed"],
            "{}",
            case.path
        );
    }
}

#[actix_web::test]
async fn a_recipient_who_leaves_before_the_notification_is_replaced() {
    for case in CASES {
        let (app, id) = schedule_with_one_recipient(&case).await;
        let admin = app.administrator().await;
        admin.get("/users").await;
        leave_amid_the_decision(&app, admin.post(case.path, case.fields)).await;
        assert_eq!(
            notified(&app.database, id),
            ["Ana Prado: schedule_completed"],
            "{}: {}",
            case.path,
            case.before
        );
    }
}

#[actix_web::test]
async fn only_the_schedule_whose_sole_recipient_is_leaving_waits() {
    for case in CASES {
        let (app, id) = schedule_with_one_recipient(&case).await;
        let other = Plan {
            contact: 602,
            department: 102,
            attendant: Some(304),
            ..Plan::new(&app.company, "open_ticket_and_notify")
        };
        let other = other.save(&app.database);
        let mut leaving = app.database.connect();
        leaving.batch_execute("BEGIN; SELECT FROM users WHERE id = 303 FOR NO KEY UPDATE").unwrap();
        let outcome = run(&app.database);
        assert_eq!(outcome.held.iter().map(|id| id.0).collect::<Vec<_>>(), [id], "{}", case.before);
        assert_eq!(end_of(&app.database, other), "completed");
        leaving.batch_execute("UPDATE users SET deactivated_at = now() WHERE id = 303; COMMIT").unwrap();
        run(&app.database);
        assert_eq!(notified(&app.database, id), ["Ana Prado: schedule_completed"]);
    }
}

#[actix_web::test]
async fn dispatching_by_hand_notifies_nobody_who_is_leaving() {
    let (app, id) = schedule_with_one_recipient(&CASES[0]).await;
    app.database.execute("UPDATE schedules SET due_at = now() + interval '1 day'");
    app.database.execute(SLOW_TICKETS);
    let (admin, other) = (app.administrator().await, app.administrator().await);
    admin.get(&format!("/schedules/{id}")).await;
    other.get("/users").await;
    let mut gate = app.database.connect();
    gate.batch_execute("SELECT pg_advisory_lock(77)").unwrap();
    let path = format!("/schedules/{id}/dispatch");
    let leaving = async {
        until_waiting(&app.database, 1).await;
        other.post("/users/303/deactivation", &[]).await.assert_status(303);
        open(&mut gate);
    };
    let (fired, ()) = futures_util::future::join(admin.post(&path, &[]), leaving).await;
    fired.assert_status(303);
    assert_eq!(notified(&app.database, id), ["Ana Prado: schedule_completed"]);
}

#[actix_web::test]
async fn a_former_administrator_is_not_notified_as_one() {
    let (app, id) = schedule_with_one_recipient(&CASES[3]).await;
    let (mut gate, firing) = begin_to_fire(&app, SLOW_TICKETS).await;
    app.database.execute("UPDATE users SET role_id = 203 WHERE id = 303");
    open(&mut gate);
    assert_eq!(firing.join().unwrap().held.len(), 1);
    run(&app.database);
    assert_eq!(notified(&app.database, id), ["Ana Prado: schedule_completed"]);
}

/// Whether Bruno may read Marina's conversation.
async fn reads(app: &TestApp) -> bool {
    app.attendant().await.get("/contacts/601/conversation").await.status == 200
}

#[actix_web::test]
async fn a_lost_permission_ends_access_by_earlier_notifications() {
    for is_before_the_commit in [true, false] {
        let app = TestApp::new().await;
        let plan = Plan { creator: None, ..Plan::new(&app.company, "notify") };
        let id = plan.save(&app.database);
        app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
        let take = "DELETE FROM role_permissions WHERE role_id = 203 AND permission = 'schedules'";
        if is_before_the_commit {
            let (mut gate, firing) = begin_to_fire(&app, SLOW_COMMIT).await;
            let url = app.database.url.clone();
            let taking = std::thread::spawn(move || Database { url }.execute(take));
            until_waiting(&app.database, 2).await;
            open(&mut gate);
            taking.join().unwrap();
            assert_eq!(firing.join().unwrap().completed, 1);
            assert!(!reads(&app).await, "an earlier notification still gives access");
        } else {
            let mut taking = app.database.connect();
            taking.batch_execute(&format!("BEGIN; {take}")).unwrap();
            assert_eq!(run(&app.database).held.len(), 1);
            taking.batch_execute("COMMIT").unwrap();
            run(&app.database);
            assert!(reads(&app).await, "a notification after the change gives no access");
        }
        assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_completed"]);
    }
}

/// Fires Marina's schedule and sends the form at `path`, which must wait for the commit.
async fn fire_while_her_contact_goes(app: &TestApp, path: &str) -> Page {
    let admin = app.administrator().await;
    let shown = admin.get(path).await.attribute("[name=open_ticket]", "value").unwrap_or_default();
    let fields = [("understood", "1"), ("open_ticket", shown.as_str())];
    leave_while_firing(app, SLOW_TICKETS, admin.post(path, &fields)).await
}

#[actix_web::test]
async fn a_contact_that_is_archived_after_its_schedule_fired_keeps_its_attendant_and_ticket() {
    let app = company().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    fire_while_her_contact_goes(&app, "/contacts/601/archival").await.assert_status(303);
    let served = "SELECT count(*) AS value FROM tickets WHERE status = 'open' AND attendant_id = 303";
    assert_eq!(app.database.number(served), 1);
    assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_completed"]);
}

#[actix_web::test]
async fn a_contact_with_a_ticket_that_was_just_opened_is_not_anonymised_without_asking() {
    let app = company().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let asked = fire_while_her_contact_goes(&app, "/contacts/601/anonymisation").await;
    asked.assert_status(409).assert_says("O contato ainda não foi anonimizado.");
    assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_completed"]);
}

#[actix_web::test]
async fn only_the_schedule_of_a_contact_being_archived_waits() {
    let app = company().await;
    let theirs = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let other = Plan { contact: 602, ..Plan::new(&app.company, "open_ticket_and_notify") };
    let other = other.save(&app.database);
    let mut leaving = app.database.connect();
    leaving.batch_execute("BEGIN; UPDATE contacts SET archived_at = now() WHERE id = 601").unwrap();
    assert_eq!(run(&app.database).held.iter().map(|id| id.0).collect::<Vec<_>>(), [theirs]);
    assert_eq!(end_of(&app.database, other), "completed");
    leaving.batch_execute("COMMIT").unwrap();
    run(&app.database);
    assert_eq!(end_of(&app.database, theirs), "contact_inactive");
    assert_eq!(notified(&app.database, theirs), ["Bruno Lima: schedule_failed"]);
}

#[actix_web::test]
async fn a_schedule_of_a_contact_that_was_anonymised_before_it_fired_ends_cancelled() {
    let app = company().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    let admin = app.administrator().await;
    admin.get("/contacts/601/anonymisation").await;
    let mut holding = app.database.connect();
    holding.batch_execute("BEGIN; SELECT FROM contacts WHERE id = 601 FOR UPDATE").unwrap();
    assert_eq!(run(&app.database).held.len(), 1);
    holding.batch_execute("COMMIT").unwrap();
    admin
        .post("/contacts/601/anonymisation", &[("understood", "1"), ("open_ticket", "")])
        .await
        .assert_status(303);
    run(&app.database);
    assert_eq!(end_of(&app.database, id), "cancelled");
    assert_eq!(notified(&app.database, id), Vec::<String>::new());
}
