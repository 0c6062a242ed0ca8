//! Exactness: schedules are decided a few milliseconds early and take effect at the due time, not before.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actix_web::rt;
use diesel::connection::SimpleConnection;
use pontual::dispatcher::{self, Control, tick};
use pontual::live::{Event, Incoming, listen};

use super::end_of;
use crate::harness::{Plan, TestApp};

const PATIENCE: Duration = Duration::from_secs(20);

/// Number of schedules, each due at a different instant.
const COUNT: i64 = 60;

#[actix_web::test]
async fn nothing_is_announced_or_dated_before_the_due_time() {
    let app = TestApp::new().await;
    let heard = Arc::new(Mutex::new(Vec::<(i64, f64)>::new()));
    let (control, hearing) = (Control::new(app.shared.health.clone()), heard.clone());
    let waker = control.waker.clone();
    rt::spawn(listen(app.database.url.clone(), move |incoming| {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        match incoming {
            Incoming::Live(Event::SchedulesChanged(ids)) => {
                hearing.lock().unwrap().extend(ids.into_iter().map(|id| (id.0, at)));
            }
            _ => waker.wake(),
        }
    }));
    let ended = dispatcher::start(app.database.url.clone(), control.clone());
    app.database.execute(&format!(
        "WITH saved AS (
            INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                   message, comment, created_by)
            SELECT {}, {}, {}, CASE n % 2 WHEN 0 THEN 'notify' ELSE 'open_ticket_and_notify' END,
                   now() + interval '0.5 second' + n * interval '13.7 milliseconds', now(), 'UTC', '', 'Exato', {}
              FROM generate_series(1, {COUNT}) AS n RETURNING id),
         recorded AS (INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM saved)
         INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM saved",
        app.company.marina, app.company.support, app.company.bruno, app.company.administrator
    ));
    let began = Instant::now();
    while heard.lock().unwrap().len() < COUNT as usize {
        assert!(began.elapsed() < PATIENCE, "only {} were announced", heard.lock().unwrap().len());
        rt::time::sleep(Duration::from_millis(20)).await;
    }
    control.stop();
    ended.await.unwrap();
    for (id, at) in heard.lock().unwrap().iter() {
        let due = app.database.number(&format!(
            "SELECT floor(extract(epoch FROM due_at) * 1000000)::bigint AS value FROM schedules WHERE id = {id}"
        ));
        assert!(
            *at >= due as f64 / 1e6,
            "schedule {id} was announced {} s before its due time",
            due as f64 / 1e6 - at
        );
    }
    let early = app.database.texts(
        "SELECT format('%s of %s: %s before %s', part, s.id, at, s.due_at) AS value
           FROM schedules s JOIN (
                SELECT 'end' AS part, id AS schedule_id, finished_at AS at FROM schedules
                UNION ALL SELECT 'ticket', schedule_id, opened_at FROM tickets
                UNION ALL SELECT 'message', schedule_id, created_at FROM messages WHERE schedule_id IS NOT NULL
                UNION ALL SELECT 'notification', schedule_id, created_at FROM notifications
                UNION ALL SELECT 'history', schedule_id, at FROM schedule_history WHERE kind <> 'created'
                UNION ALL SELECT 'audit', subject_id, at FROM audit WHERE action IN ('schedule.completed', 'schedule.failed')
           ) parts ON parts.schedule_id = s.id AND parts.at < s.due_at",
    );
    assert!(early.is_empty(), "{early:?}");
    app.check();
}

#[actix_web::test]
async fn schedules_due_in_milliseconds_are_claimed_and_commit_at_their_time() {
    let app = TestApp::new().await;
    let notify = Plan::new(&app.company, "notify");
    let (first, second) = (notify.save(&app.database), notify.save(&app.database));
    let mut conn = app.database.connect();
    app.database.execute(&format!(
        "UPDATE schedules SET due_at = date_trunc('milliseconds', clock_timestamp()) + interval '1 minute'
          WHERE id = {second};
         UPDATE schedules SET due_at = clock_timestamp() + interval '7 milliseconds' WHERE id = {first}"
    ));
    let outcome = tick(&mut conn).unwrap();
    assert_eq!(
        (end_of(&app.database, first), end_of(&app.database, second)),
        ("completed".into(), "scheduled".into())
    );
    assert!(outcome.next_due.unwrap() > Duration::from_secs(50));
    app.check();
}

#[actix_web::test]
async fn a_clock_set_back_rolls_a_waiting_decision_back() {
    let app = TestApp::new().await.with_made_up_rows("the clock's own times");
    let plan = Plan::new(&app.company, "notify");
    let (id, other) = (plan.save(&app.database), plan.save(&app.database));
    // The database's clock stands still 5 ms before the due time of `id`, until its decision is written. Then the clock
    // is set back by an hour. `other` is made due a minute before that time.
    app.database.execute(&format!(
        "CREATE SCHEMA clock;
         CREATE TABLE clock.stands AS SELECT now() AS at;
         CREATE SEQUENCE clock.decided;
         CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
            SELECT at - CASE WHEN is_called THEN interval '1 hour' ELSE '0' END
              FROM clock.stands, clock.decided $$;
         CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT clock.clock_timestamp() $$;
         CREATE FUNCTION clock.note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM nextval('clock.decided'); RETURN NEW; END $$;
         CREATE TRIGGER note BEFORE INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION clock.note();
         UPDATE schedules SET due_at = at + interval '5 milliseconds' FROM clock.stands WHERE id = {id};
         UPDATE schedules SET due_at = at + interval '1 day' FROM clock.stands WHERE id = {other}"
    ));
    let mut conn = app.database.connect();
    conn.batch_execute("SET search_path = clock, pg_catalog, public").unwrap();
    let outcome = tick(&mut conn).unwrap();
    assert_eq!(
        app.database.number("SELECT is_called::int::bigint AS value FROM clock.decided"),
        1,
        "the schedule was not decided"
    );
    assert_eq!(end_of(&app.database, id), "scheduled");
    let next = outcome.next_due.unwrap();
    assert!(next > Duration::from_secs(3599) && next < Duration::from_secs(3601), "{outcome:?}");

    // Other schedules are dispatched meanwhile, and this one at its time.
    app.database.execute(&format!(
        "UPDATE schedules SET due_at = at - interval '61 minutes' FROM clock.stands WHERE id = {other}"
    ));
    assert_eq!(tick(&mut conn).unwrap().completed, 1);
    assert_eq!([id, other].map(|id| end_of(&app.database, id)), ["scheduled", "completed"]);
    conn.batch_execute("SET search_path TO DEFAULT").unwrap();
    assert_eq!(tick(&mut conn).unwrap().completed, 1);
    assert_eq!(end_of(&app.database, id), "completed");
}
