//! Which old rows are deleted, and which stay.

mod history;
mod settings;

use std::time::Duration;

use pontual::db::Db;
use pontual::dispatcher::tick;
use pontual::settings::retention::worker::{BatchPauses, Removed, run};

use crate::check::broken;
use crate::harness::{Company, Database, Plan, TestApp};

const AT_ONCE: BatchPauses = BatchPauses { between: Duration::ZERO, while_due: Duration::ZERO, max_waits: 0 };

async fn retire(database: &Database) -> Removed {
    run(&Db::new(&database.url, 1), AT_ONCE).await.unwrap()
}

/// Makes all rows older, with the tables' triggers switched off.
fn grow_older(database: &Database, age: &str) {
    database.execute(&format!(
        "SET session_replication_role = replica;
         UPDATE schedules SET due_at = due_at - interval '{age}', created_at = created_at - interval '{age}',
                finished_at = finished_at - interval '{age}';
         UPDATE schedule_deliveries SET due_at = due_at - interval '{age}';
         UPDATE schedule_history SET at = at - interval '{age}';
         UPDATE audit SET at = at - interval '{age}';
         UPDATE tickets SET opened_at = opened_at - interval '{age}', closed_at = closed_at - interval '{age}';
         UPDATE messages SET created_at = created_at - interval '{age}';
         UPDATE notifications SET created_at = created_at - interval '{age}', read_at = read_at - interval '{age}'"
    ));
}

/// A completed schedule that notified, and one that failed because of its ticket.
fn dispatched(database: &Database, company: &Company) {
    let plan = Plan::new(company, "open_ticket_and_notify");
    Plan { due_in: "-3 seconds", ..plan.clone() }.save(database);
    plan.save(database);
    let outcome = tick(&mut database.connect()).unwrap();
    assert_eq!(outcome.completed + outcome.failed, 2);
    database.execute(
        "WITH closed AS (UPDATE tickets SET status = 'closed', closed_at = clock_timestamp()
                          WHERE status = 'open' RETURNING id, contact_id),
              said AS (INSERT INTO messages (contact_id, ticket_id, kind, event)
                       SELECT contact_id, id, 'event', 'ticket_closed' FROM closed)
         INSERT INTO audit (action, subject_id) SELECT 'ticket.closed', id FROM closed",
    );
}

fn count(database: &Database, table: &str) -> i64 {
    database.number(&format!("SELECT count(*) AS value FROM {table}"))
}

#[actix_web::test]
async fn old_notifications_are_removed_read_or_not() {
    let database = Database::new();
    let company = Company::found(&database);
    dispatched(&database, &company);
    database.execute("UPDATE notifications SET read_at = created_at WHERE kind = 'schedule_failed'");
    grow_older(&database, "181 days");
    dispatched(&database, &company);
    assert_eq!(retire(&database).await, Removed { notifications: 2, ..Removed::default() });
    let young = "SELECT count(*) AS value FROM notifications WHERE created_at > now() - interval '1 hour'";
    assert_eq!((count(&database, "notifications"), database.number(young)), (2, 2));
    assert_eq!(count(&database, "schedules"), 4);
    assert_eq!(broken(&database).0, [] as [u8; 0]);
    assert_eq!(retire(&database).await, Removed::default());
}

#[actix_web::test]
async fn a_lost_notification_is_detected_after_old_ones_were_removed() {
    let database = Database::new();
    let company = Company::found(&database);
    dispatched(&database, &company);
    grow_older(&database, "181 days");
    dispatched(&database, &company);
    retire(&database).await;
    database.execute("DELETE FROM notifications WHERE schedule_id = 3");
    assert_eq!(broken(&database).0, [4]);
    database.execute(
        "INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
         SELECT 301, 'schedule_failed', id, contact_id FROM schedules WHERE id = 2",
    );
    assert_eq!(broken(&database).0, [4, 5], "a wrong recipient is found, however old the schedule is");
}

#[actix_web::test]
async fn old_audit_rows_are_removed_and_younger_ones_are_protected() {
    let database = Database::new();
    let company = Company::found(&database);
    dispatched(&database, &company);
    grow_older(&database, "59 months");
    let old = count(&database, "audit");
    assert_eq!(retire(&database).await.audit, 0);
    grow_older(&database, "2 months");
    dispatched(&database, &company);
    assert_eq!(retire(&database).await.audit, old);
    assert!(count(&database, "audit") > 0);
    assert_eq!(broken(&database).0, [] as [u8; 0]);
    database.execute(
        "SET session_replication_role = replica; DELETE FROM audit WHERE action = 'schedule.failed'",
    );
    assert_eq!(broken(&database).0, [19], "a missing row within the retention is found");
}

#[test]
fn no_settings_let_a_year_of_the_audit_be_deleted() {
    let database = Database::new();
    database.execute(
        "INSERT INTO audit (at, action) SELECT now() - age * interval '1 month', 'x' FROM generate_series(0, 70) age",
    );
    let refused = "audit rows cannot be changed";
    let delete = |condition: &str| database.connect_and_try(&format!("DELETE FROM audit WHERE {condition}"));
    let is_older = "at < now() - interval '61 months'";
    assert!(delete(is_older).unwrap_err().contains(refused), "deletion needs a recorded date first");
    database.execute("UPDATE retention SET audit_gone_before = 'infinity'");
    assert!(delete("at < now() - interval '59 months'").unwrap_err().contains(refused));
    delete(is_older).unwrap();
    assert!(database.connect_and_try("UPDATE retention SET audit_months = 11").is_err());
    database.execute("UPDATE retention SET audit_months = 12");
    assert!(delete("at < now() - interval '11 months'").unwrap_err().contains(refused));
    assert!(database.connect_and_try("UPDATE audit SET action = 'y'").unwrap_err().contains(refused));
    assert!(database.connect_and_try("TRUNCATE audit").unwrap_err().contains(refused));
    delete("at < now() - interval '13 months'").unwrap();
}

#[actix_web::test]
async fn one_run_removes_more_than_one_batch() {
    let database = Database::new();
    database.execute(
        "INSERT INTO audit (at, action) SELECT now() - interval '61 months', 'x' FROM generate_series(1, 2500);
         INSERT INTO audit (action) VALUES ('y')",
    );
    assert_eq!(retire(&database).await.audit, 2500);
    assert_eq!(count(&database, "audit"), 1);
}

#[actix_web::test]
async fn old_notifications_are_removed_although_younger_ones_have_lower_ids() {
    let database = Database::new();
    let company = Company::found(&database);
    dispatched(&database, &company);
    database.execute(
        "ALTER TABLE notifications DROP CONSTRAINT notifications_schedule_id_fkey;
         INSERT INTO notifications (user_id, kind, schedule_id, contact_id, created_at)
         SELECT user_id, kind, 1000 + n, contact_id, now() - interval '181 days'
           FROM (SELECT * FROM notifications LIMIT 1) one, generate_series(1, 2500) n",
    );
    assert_eq!(retire(&database).await.notifications, 2500);
    assert_eq!(count(&database, "notifications"), 2);
}

#[actix_web::test]
async fn nothing_is_removed_while_schedules_are_due_or_another_process_removes() {
    let database = Database::new();
    let company = Company::found(&database);
    database.execute("INSERT INTO audit (at, action) VALUES (now() - interval '61 months', 'x')");
    let due = Plan::new(&company, "notify").save(&database);
    assert_eq!(retire(&database).await, Removed::default());
    database.execute(&format!("UPDATE schedules SET due_at = now() + interval '1 hour' WHERE id = {due}"));
    let mut other = database.connect();
    diesel::connection::SimpleConnection::batch_execute(
        &mut other,
        "BEGIN; SELECT pg_advisory_xact_lock(hashtext('pontual.retention'))",
    )
    .unwrap();
    assert_eq!(retire(&database).await, Removed::default());
    drop(other);
    assert_eq!(retire(&database).await.audit, 1);
}

#[actix_web::test]
async fn expired_sessions_and_old_sign_in_attempts_are_removed() {
    let app = TestApp::new().await;
    let (idle, old, here) = (app.administrator().await, app.administrator().await, app.attendant().await);
    drop((idle, old));
    app.database.execute(
        "UPDATE sessions SET seen_at = now() - interval '13 hours'
          WHERE id = (SELECT id FROM sessions ORDER BY created_at LIMIT 1);
         UPDATE sessions SET created_at = now() - interval '8 days'
          WHERE id = (SELECT id FROM sessions WHERE seen_at > now() - interval '1 hour' ORDER BY created_at LIMIT 1);
         INSERT INTO sign_in_attempts (key, failures, window_started_at)
         VALUES ('a', 1, now() - interval '25 hours'), ('b', 1, now() - interval '1 hour')",
    );
    let retired = retire(&app.database).await;
    assert_eq!((retired.sessions, retired.sign_in_attempts), (2, 1));
    here.get("/notifications").await.assert_status(200);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM sign_in_attempts WHERE key = 'b'"), 1);
}

#[actix_web::test]
async fn what_was_taken_from_the_inbox_long_ago_is_removed() {
    let database = Database::new();
    Company::found(&database);
    database.execute(
        "INSERT INTO inbox (channel_id, provider_id, payload, received_at, taken_at, problem) VALUES
            (401, 'old', '', now() - interval '61 days', now() - interval '61 days', NULL),
            (401, 'young', '', now() - interval '59 days', now() - interval '59 days', NULL),
            (401, 'unread', 'x', now() - interval '61 days', NULL, 'O evento não pôde ser lido')",
    );
    assert_eq!(retire(&database).await, Removed { inbox: 1, ..Removed::default() });
    let left = database.texts("SELECT provider_id AS value FROM inbox ORDER BY id");
    assert_eq!(left, ["young", "unread"]);
}
