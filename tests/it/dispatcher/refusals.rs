//! Rows that the database refuses.

use diesel::connection::SimpleConnection;
use pontual::dispatcher::tick;

use super::{end_of, run, told};
use crate::harness::{Database, Plan, TestApp};

/// Makes the database refuse `change` to `table` for the schedule `id`.
fn poison(database: &Database, id: i64, change: &str, table: &str, column: &str) {
    database.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
         CREATE TRIGGER refuse BEFORE {change} ON {table} FOR EACH ROW
            WHEN (NEW.{column} = {id}) EXECUTE FUNCTION refuse()"
    ));
}

fn save_many(app: &TestApp, count: usize) -> Vec<i64> {
    (0..count).map(|_| Plan::new(&app.company, "notify").save(&app.database)).collect()
}

#[actix_web::test]
async fn a_row_that_cannot_be_carried_out_fails_alone_and_says_so() {
    let app = TestApp::new().await;
    let ids = save_many(&app, 12);
    let bad = Plan::new(&app.company, "open_ticket").save(&app.database);
    poison(&app.database, bad, "INSERT", "messages", "schedule_id");
    let outcome = run(&app.database);
    assert_eq!((outcome.completed, outcome.failed), (12, 1));
    assert!(ids.iter().all(|id| end_of(&app.database, *id) == "completed"));
    assert_eq!(end_of(&app.database, bad), "internal");
    assert_eq!(told(&app.database, bad), ["Bruno Lima: schedule_failed"]);
    app.check();
}

#[actix_web::test]
async fn a_row_that_cannot_even_be_failed_holds_up_nobody_and_is_kept() {
    let app = TestApp::new().await;
    let bad = Plan { due_in: "-2 seconds", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let ids = save_many(&app, 3);
    poison(&app.database, bad, "UPDATE", "schedules", "id");
    let outcome = run(&app.database);
    assert!(ids.iter().all(|id| end_of(&app.database, *id) == "completed"));
    assert_eq!(outcome.refused.iter().map(|id| id.0).collect::<Vec<_>>(), [bad]);
    assert_eq!(outcome.next_due, None, "it must not be tried again at once");

    app.database.execute("DROP TRIGGER refuse ON schedules");
    run(&app.database);
    assert_eq!(end_of(&app.database, bad), "completed");
    app.check();
}

#[actix_web::test]
async fn a_row_that_waits_for_somebody_is_not_failed_but_done_later() {
    let app = TestApp::new().await;
    let waiting = Plan::new(&app.company, "notify").save(&app.database);
    let free = Plan { attendant: Some(app.company.helena), ..Plan::new(&app.company, "notify") };
    let free = free.save(&app.database);
    let mut editor = app.database.connect();
    editor.batch_execute("BEGIN; UPDATE users SET email = 'novo@empresa.example' WHERE id = 303").unwrap();

    let mut dispatcher = app.database.connect();
    dispatcher.batch_execute("SET lock_timeout = '950ms'").unwrap();
    let outcome = tick(&mut dispatcher).unwrap();
    assert_eq!(outcome.refused.iter().map(|id| id.0).collect::<Vec<_>>(), [waiting]);
    assert_eq!(end_of(&app.database, free), "completed");
    assert_eq!(end_of(&app.database, waiting), "scheduled");

    editor.batch_execute("COMMIT").unwrap();
    assert_eq!(tick(&mut dispatcher).unwrap().completed, 1);
    app.check();
}
