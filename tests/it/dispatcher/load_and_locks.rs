//! Many due schedules at once, and transactions that hold locks.

use diesel::connection::SimpleConnection;
use pontual::dispatcher::tick;
use pontual::ids::ScheduleId;

use super::{end_of, run};
use crate::harness::{Database, Plan, TestApp};

/// `count` schedules, each for its own contact, due a second ago. Every tenth contact has an open ticket.
fn crowd(database: &Database, count: i64) {
    database.execute(&format!(
        "UPDATE settings SET spacing_minutes = 0;
         INSERT INTO contacts (id, channel_id, name)
            SELECT 10000 + n, 401, 'Contato ' || n FROM generate_series(1, {count}) n;
         INSERT INTO tickets (contact_id, department_id)
            SELECT 10000 + n, 101 FROM generate_series(10, {count}, 10) n;
         INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                message, comment)
            SELECT 10000 + n, 101, 303,
                (ARRAY['open_ticket', 'open_ticket_and_notify', 'notify'])[1 + n % 3],
                now() - interval '1 second', now(), 'UTC', CASE WHEN n % 3 = 2 THEN '' ELSE 'Oi' END, 'c'
              FROM generate_series(1, {count}) n;
         INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM schedules;
         INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM schedules"
    ));
}

#[actix_web::test]
async fn two_dispatchers_decide_each_of_5000_once() {
    let app = TestApp::new().await;
    crowd(&app.database, 5000);
    let done: Vec<i64> = std::thread::scope(|scope| {
        let work = || {
            let mut conn = app.database.connect();
            let mut done = 0;
            loop {
                let outcome = tick(&mut conn).unwrap();
                done += outcome.completed + outcome.failed;
                if outcome.next_due.is_none() && outcome.held.is_empty() {
                    return done;
                }
                std::thread::yield_now();
            }
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(done.iter().sum::<i64>(), 5000, "{done:?}");
    assert!(done.iter().all(|count| *count > 0), "one did nothing: {done:?}");
    let failed = "SELECT count(*) AS value FROM schedules WHERE failure_reason = 'ticket_open'";
    assert_eq!(app.database.number(failed), 333);
    app.check();
}

#[actix_web::test]
async fn a_locked_contact_delays_only_its_own_schedule() {
    let app = TestApp::new().await;
    let locked = Plan::new(&app.company, "open_ticket").save(&app.database);
    let free = Plan { contact: app.company.rafael, ..Plan::new(&app.company, "open_ticket") };
    let free = free.save(&app.database);
    let mut holder = app.database.connect();
    holder.batch_execute("BEGIN; SELECT FROM contacts WHERE id = 601 FOR NO KEY UPDATE").unwrap();

    let outcome = run(&app.database);
    assert_eq!(end_of(&app.database, free), "completed");
    assert_eq!(end_of(&app.database, locked), "scheduled");
    assert_eq!(outcome.held, [ScheduleId(locked)], "the locked schedule is still due");

    holder.batch_execute("COMMIT").unwrap();
    run(&app.database);
    assert_eq!(end_of(&app.database, locked), "completed");
    app.check();
}

#[actix_web::test]
async fn a_batch_is_filled_though_the_first_rows_are_locked() {
    let app = TestApp::new().await;
    crowd(&app.database, 700);
    let mut holder = app.database.connect();
    holder.batch_execute("BEGIN; SELECT FROM schedules ORDER BY id LIMIT 150 FOR UPDATE").unwrap();
    let mut batches = 0;
    let outcome = pontual::dispatcher::tick_while(&mut app.database.connect(), &mut || {
        batches += 1;
        batches <= 3
    });
    let outcome = outcome.unwrap();
    // The first batch is small; each further one is twice as large.
    assert_eq!(outcome.completed + outcome.failed, 25 + 50 + 100);
}

#[actix_web::test]
async fn a_due_schedule_runs_as_edited_or_as_it_was() {
    let app = TestApp::new().await;
    let id = Plan::new(&app.company, "open_ticket").save(&app.database);
    let mut editor = app.database.connect();
    editor
        .batch_execute(&format!(
            "BEGIN; UPDATE schedules SET due_at = now() + interval '1 hour' WHERE id = {id}"
        ))
        .unwrap();
    assert_eq!(run(&app.database).completed, 0);
    editor.batch_execute("COMMIT").unwrap();
    assert_eq!(run(&app.database).completed, 0);
    assert_eq!(end_of(&app.database, id), "scheduled");
}

#[actix_web::test]
async fn after_a_stop_no_other_batch_begins() {
    let app = TestApp::new().await;
    crowd(&app.database, 600);
    let outcome = pontual::dispatcher::tick_while(&mut app.database.connect(), &mut || false).unwrap();
    assert_eq!((outcome.completed, outcome.failed), (0, 0));
}
