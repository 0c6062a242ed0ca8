//! Schedules whose rows the database refuses.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use pontual::dispatcher::{Alarm, GiveUpRules, Refusals, TickOutcome, tick, tick_with};

use super::{end_of, notified, run};
use crate::harness::{Database, Plan, TestApp};

/// Faster than the real rules, which take minutes.
const SOON: GiveUpRules = GiveUpRules {
    tries: 3,
    after: Duration::ZERO,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(5),
};

/// Makes the database refuse `change` to `table` where `condition` holds, with this code and a message that is not
/// English.
fn refuse(database: &Database, change: &str, table: &str, condition: &str, code: &str) {
    database.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no se puede, ni hoy ni mañana' USING ERRCODE = '{code}'; END $$;
         CREATE TRIGGER refuse BEFORE {change} ON {table} FOR EACH ROW
            WHEN ({condition}) EXECUTE FUNCTION refuse()"
    ));
}

/// Makes the database refuse `change` to `table` for the schedule `id`.
fn poison(database: &Database, id: i64, change: &str, table: &str, column: &str) {
    refuse(database, change, table, &format!("NEW.{column} = {id}"), "23514");
}

fn save_many(app: &TestApp, count: usize) -> Vec<i64> {
    (0..count).map(|_| Plan::new(&app.company, "notify").save(&app.database)).collect()
}

fn pending(database: &Database) -> i64 {
    database.number("SELECT count(*) AS value FROM schedules WHERE status = 'scheduled'")
}

/// Ticks like a dispatcher, with the pauses that each outcome asks for, until `is_enough`.
fn tick_until(
    conn: &mut PgConnection,
    refusals: &mut Refusals,
    mut is_enough: impl FnMut(&TickOutcome) -> bool,
) {
    let began = Instant::now();
    loop {
        let outcome = tick_with(conn, &mut || true, refusals).unwrap();
        if is_enough(&outcome) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "timed out: {outcome:?}");
        let pause = outcome.retry_in.unwrap_or_default();
        assert!(pause <= Duration::from_secs(5), "{pause:?}");
        std::thread::sleep(pause);
    }
}

#[actix_web::test]
async fn database_trouble_keeps_all_schedules_due_and_raises_an_alarm() {
    // Disk full, out of memory, a broken disk; a broken index; a trigger's own error; a table that has changed; a
    // column that must have a value and that this version does not know.
    for code in ["53100", "53200", "58030", "XX002", "P0001", "42703", "23502"] {
        let app = TestApp::new().await;
        let mut ids = save_many(&app, 59);
        ids.push(Plan::new(&app.company, "open_ticket").save(&app.database));
        refuse(&app.database, "INSERT", "schedule_history", "NEW.kind <> 'created'", code);
        let (mut conn, mut refusals, mut ticks) = (app.database.connect(), Refusals::with_rules(SOON), 0);
        tick_until(&mut conn, &mut refusals, |outcome| {
            assert_eq!((outcome.completed, outcome.failed), (0, 0));
            let alarm = outcome.alarm.clone().expect("an alarm");
            assert!(matches!(&alarm, Alarm::Trouble(text) if text.contains(code)), "{alarm:?}");
            ticks += 1;
            ticks == 5
        });
        assert_eq!(pending(&app.database), 60, "{code}");
        app.database.execute("DROP TRIGGER refuse ON schedule_history");
        tick_until(&mut conn, &mut refusals, |outcome| outcome.refused.is_empty());
        assert!(ids.iter().all(|id| end_of(&app.database, *id) == "completed"), "{code}");
        app.check();
    }
}

#[actix_web::test]
async fn a_refusal_of_all_schedules_of_a_kind_fails_none_of_them() {
    let app = TestApp::new().await;
    let tickets = [app.company.marina, app.company.rafael]
        .map(|contact| Plan { contact, ..Plan::new(&app.company, "open_ticket") }.save(&app.database));
    // A rule as a newer version might add.
    refuse(&app.database, "INSERT", "tickets", "true", "23514");
    let (mut conn, mut refusals) = (app.database.connect(), Refusals::with_rules(SOON));
    for _ in 0..10 {
        let notice = Plan::new(&app.company, "notify").save(&app.database);
        tick_until(&mut conn, &mut refusals, |_| end_of(&app.database, notice) == "completed");
    }
    assert_eq!(tickets.map(|id| end_of(&app.database, id)), ["scheduled", "scheduled"]);
    app.database.execute("DROP TRIGGER refuse ON tickets");
    tick_until(&mut conn, &mut refusals, |outcome| outcome.refused.is_empty());
    assert_eq!(tickets.map(|id| end_of(&app.database, id)), ["completed", "completed"]);
    app.check();
}

#[actix_web::test]
async fn a_schedule_refused_for_long_fails_alone_and_is_reported() {
    let app = TestApp::new().await;
    let ids = save_many(&app, 12);
    let good = Plan { contact: app.company.rafael, ..Plan::new(&app.company, "open_ticket") };
    let good = good.save(&app.database);
    let bad = Plan { due_in: "-2 seconds", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    poison(&app.database, bad, "INSERT", "messages", "schedule_id");
    let (mut conn, mut refusals, mut ticks) = (app.database.connect(), Refusals::with_rules(SOON), 0);
    tick_until(&mut conn, &mut refusals, |outcome| {
        ticks += 1;
        let warns = matches!(&outcome.alarm, Some(Alarm::Warning(text)) if text.contains("23514"));
        assert!(warns || outcome.failed == 1, "{outcome:?}");
        outcome.failed == 1
    });
    assert!(ids.iter().chain([&good]).all(|id| end_of(&app.database, *id) == "completed"));
    assert_eq!(end_of(&app.database, bad), "internal");
    assert_eq!(notified(&app.database, bad), ["Bruno Lima: schedule_failed"]);
    app.check();
}

#[actix_web::test]
async fn the_alarm_becomes_a_warning_if_only_values_are_refused() {
    let app = TestApp::new().await;
    let bad = save_many(&app, 3);
    refuse(&app.database, "INSERT", "notifications", "true", "22001");
    let (mut conn, mut refusals) = (app.database.connect(), Refusals::with_rules(SOON));
    let first = tick_with(&mut conn, &mut || true, &mut refusals).unwrap();
    assert!(matches!(&first.alarm, Some(Alarm::Trouble(text)) if text.contains("22001")), "{first:?}");
    tick_until(&mut conn, &mut refusals, |outcome| matches!(outcome.alarm, Some(Alarm::Warning(_))));
    let mut ticks = 0;
    tick_until(&mut conn, &mut refusals, |outcome| {
        assert!(matches!(outcome.alarm, Some(Alarm::Warning(_))), "{outcome:?}");
        ticks += 1;
        ticks == 20
    });
    // Another refused schedule may be the third in a row, and so a new trouble of the database.
    Plan { contact: app.company.rafael, ..Plan::new(&app.company, "notify") }.save(&app.database);
    tick_until(&mut conn, &mut refusals, |outcome| matches!(outcome.alarm, Some(Alarm::Trouble(_))));
    app.database.execute("DROP TRIGGER refuse ON notifications");
    tick_until(&mut conn, &mut refusals, |outcome| outcome.refused.is_empty());
    assert!(bad.iter().all(|id| end_of(&app.database, *id) == "completed"));
    app.check();
}

#[actix_web::test]
async fn a_refused_schedule_does_not_fail_within_minutes() {
    let app = TestApp::new().await;
    save_many(&app, 3);
    let bad = Plan::new(&app.company, "notify").save(&app.database);
    poison(&app.database, bad, "INSERT", "notifications", "schedule_id");
    let rules = GiveUpRules { after: GiveUpRules::default().after, ..SOON };
    let (mut conn, mut refusals, mut ticks) = (app.database.connect(), Refusals::with_rules(rules), 0);
    tick_until(&mut conn, &mut refusals, |_| {
        ticks += 1;
        ticks > 30
    });
    assert!(GiveUpRules::default().after >= Duration::from_secs(120));
    assert_eq!(end_of(&app.database, bad), "scheduled");
}

#[actix_web::test]
async fn cancelling_a_refused_schedule_ends_its_alarm() {
    let app = TestApp::new().await.with_made_up_rows("the cancellation's history");
    let bad = Plan::new(&app.company, "notify").save(&app.database);
    poison(&app.database, bad, "INSERT", "notifications", "schedule_id");
    let (mut conn, mut refusals) = (app.database.connect(), Refusals::with_rules(SOON));
    tick_until(&mut conn, &mut refusals, |outcome| outcome.alarm.is_some());
    app.database.execute("UPDATE schedules SET status = 'cancelled', finished_at = now()");
    tick_until(&mut conn, &mut refusals, |outcome| outcome.alarm.is_none());
}

#[actix_web::test]
async fn a_schedule_that_cannot_even_fail_stays_pending_and_delays_no_other() {
    let app = TestApp::new().await;
    let bad = Plan { due_in: "-2 seconds", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let ids = save_many(&app, 3);
    poison(&app.database, bad, "UPDATE", "schedules", "id");
    let outcome = run(&app.database);
    assert!(ids.iter().all(|id| end_of(&app.database, *id) == "completed"));
    assert_eq!(outcome.refused.iter().map(|id| id.0).collect::<Vec<_>>(), [bad]);
    assert_eq!(outcome.next_due, None, "it must not be tried again at once");
    assert!(outcome.retry_in.is_some());

    app.database.execute("DROP TRIGGER refuse ON schedules");
    run(&app.database);
    assert_eq!(end_of(&app.database, bad), "completed");
    app.check();
}

#[actix_web::test]
async fn a_schedule_with_a_locked_attendant_runs_later() {
    let app = TestApp::new().await;
    let waiting = Plan::new(&app.company, "notify").save(&app.database);
    let free = Plan { attendant: Some(app.company.helena), ..Plan::new(&app.company, "notify") };
    let free = free.save(&app.database);
    let mut editor = app.database.connect();
    editor.batch_execute("BEGIN; UPDATE users SET email = 'novo@empresa.example' WHERE id = 303").unwrap();

    let mut dispatcher = app.database.connect();
    dispatcher.batch_execute("SET lock_timeout = '950ms'").unwrap();
    let outcome = tick(&mut dispatcher).unwrap();
    assert_eq!(outcome.held.iter().map(|id| id.0).collect::<Vec<_>>(), [waiting]);
    assert_eq!(outcome.next_due, None, "held schedules wait separately");
    assert_eq!(end_of(&app.database, free), "completed");
    assert_eq!(end_of(&app.database, waiting), "scheduled");

    editor.batch_execute("COMMIT").unwrap();
    assert_eq!(tick(&mut dispatcher).unwrap().completed, 1);
    app.check();
}
