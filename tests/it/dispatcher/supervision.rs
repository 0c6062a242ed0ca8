//! Supervision: wake-ups, panics, lost connections, shutdown.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::time::timeout;
use pontual::dispatcher::{self, Alarm, Control, Ending, supervise, tick_while};
use pontual::live::{Incoming, listen};
use tokio::sync::mpsc;

use super::end_of;
use crate::harness::{Plan, TestApp};

const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Waits for `condition` without a pause between tries: each try queries the database.
async fn until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < TIME_LIMIT, "timed out");
        rt::task::yield_now().await;
    }
}

#[actix_web::test]
async fn saving_an_earlier_schedule_wakes_and_a_later_one_does_not() {
    let app = TestApp::new().await;
    let (sender, mut notices) = mpsc::unbounded_channel();
    rt::spawn(listen(app.database.url.clone(), move |incoming| sender.send(incoming).unwrap()));
    let mut next = async || timeout(TIME_LIMIT, notices.recv()).await.unwrap().unwrap();
    assert_eq!(next().await, Incoming::Reconnected);

    let plan = Plan { due_in: "1 hour", ..Plan::new(&app.company, "notify") };
    plan.save(&app.database);
    assert_eq!(next().await, Incoming::Wake);
    Plan { due_in: "2 hours", ..plan.clone() }.save(&app.database);
    app.database.execute("NOTIFY pontual_live, '{\"schedules_changed\":[1]}'");
    assert!(matches!(next().await, Incoming::Live(_)), "a schedule due later must not wake the dispatcher");
    app.database.execute("UPDATE schedules SET due_at = due_at - interval '1 minute'");
    assert_eq!(next().await, Incoming::Wake);
}

#[actix_web::test]
async fn the_listener_connects_again_and_says_so() {
    let app = TestApp::new().await;
    let (sender, mut notices) = mpsc::unbounded_channel();
    rt::spawn(listen(app.database.url.clone(), move |incoming| sender.send(incoming).unwrap()));
    let mut next = async || timeout(TIME_LIMIT, notices.recv()).await.unwrap().unwrap();
    assert_eq!(next().await, Incoming::Reconnected);
    app.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    assert_eq!(next().await, Incoming::Lost);
    assert_eq!(next().await, Incoming::Reconnected);
    app.database.execute("NOTIFY pontual_wake");
    assert_eq!(next().await, Incoming::Wake);
}

#[actix_web::test]
async fn a_running_dispatcher_is_woken_by_what_another_process_saves() {
    let app = TestApp::new().await;
    let control = Control::new(app.shared.health.clone());
    let waker = control.waker.clone();
    rt::spawn(listen(app.database.url.clone(), move |_| waker.wake()));
    let ended = dispatcher::start(app.database.url.clone(), control.clone());
    until(|| app.shared.health.trouble().is_none()).await;
    let id = Plan { due_in: "0.3 seconds", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    until(|| end_of(&app.database, id) == "completed").await;
    control.stop();
    assert_eq!(timeout(TIME_LIMIT, ended).await.unwrap().unwrap(), Ending::Stopped);
    assert_eq!(app.shared.health.trouble().as_deref(), Some("stopped"));
    app.check();
}

#[actix_web::test]
async fn the_dispatcher_continues_after_a_panic() {
    let app = TestApp::new().await;
    let id = Plan::new(&app.company, "notify").save(&app.database);
    let control = Control::default();
    let mut ticks = 0;
    let ending = supervise(&app.database.url, &control, |conn, goes_on| {
        ticks += 1;
        match ticks {
            1 => panic!("injected"),
            _ => {
                let outcome = tick_while(conn, goes_on);
                control.stop();
                outcome
            }
        }
    });
    assert_eq!(timeout(TIME_LIMIT, ending).await.unwrap(), Ending::Stopped);
    assert_eq!(end_of(&app.database, id), "completed");
}

#[actix_web::test]
async fn a_dispatcher_that_always_panics_gives_up() {
    let app = TestApp::new().await;
    let control = Control::default();
    let ticks = AtomicUsize::new(0);
    let ending = supervise(&app.database.url, &control, |_, _| {
        ticks.fetch_add(1, Ordering::Relaxed);
        panic!("injected, always")
    });
    assert_eq!(timeout(TIME_LIMIT, ending).await.unwrap(), Ending::GaveUp);
    assert_eq!(ticks.load(Ordering::Relaxed), 6);
    assert_eq!(control.health.trouble().as_deref(), Some("gave up"));
}

#[actix_web::test]
async fn a_killed_connection_is_replaced() {
    let app = TestApp::new().await;
    let control = Control::default();
    let id = Plan::new(&app.company, "notify").save(&app.database);
    let mut ticks = 0;
    let ending = supervise(&app.database.url, &control, |conn, goes_on| {
        ticks += 1;
        if ticks == 1 {
            app.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = 'pontual dispatcher'",
            );
        }
        let outcome = tick_while(conn, goes_on);
        assert_eq!(outcome.is_err(), ticks == 1, "{outcome:?}");
        if ticks == 2 {
            control.stop();
        }
        outcome
    });
    assert_eq!(timeout(TIME_LIMIT, ending).await.unwrap(), Ending::Stopped);
    assert_eq!(end_of(&app.database, id), "completed");
}

#[actix_web::test]
async fn readyz_names_each_failing_part_and_healthz_none() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    assert_eq!(visitor.get("/healthz").await.assert_status(200).body, "ok\n");
    let page = visitor.get("/readyz").await;
    assert_eq!(page.assert_status(503).body, "dispatcher: no sign of life\n");
    app.shared.health.beat();
    assert_eq!(visitor.get("/readyz").await.assert_status(200).body, "ready\n");
    app.shared.health.report(Some(Alarm::Trouble("refused: 60".into())));
    assert_eq!(visitor.get("/readyz").await.assert_status(503).body, "dispatcher: refused: 60\n");
    app.shared.health.report(Some(Alarm::Warning("refused: 1".into())));
    assert_eq!(visitor.get("/readyz").await.assert_status(200).body, "ready\ndispatcher: refused: 1\n");
    app.shared.health.report(None);
    app.database.execute(
        "DELETE FROM __diesel_schema_migrations
          WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let page = visitor.get("/readyz").await;
    assert_eq!(page.assert_status(503).body, "database: migrations are missing\n");
}
