//! Who is notified.

use super::{fire, notified};
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn without_an_active_attendant_the_ticket_waits_and_the_members_are_notified() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO department_members VALUES (101, 304), (101, 302);
         UPDATE users SET deactivated_at = now() WHERE id IN (302, 303)",
    );
    let (id, end) = fire(&app.database, &Plan::new(&app.company, "open_ticket_and_notify"));
    assert_eq!(end, "completed");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets WHERE attendant_id IS NULL"), 1);
    assert_eq!(notified(&app.database, id), ["Helena Costa: schedule_completed"]);
    app.check();
}

#[actix_web::test]
async fn without_an_attendant_the_members_are_notified_of_a_failure() {
    let app = TestApp::new().await;
    let plan = Plan { attendant: None, due_in: "-2 hours", ..Plan::new(&app.company, "open_ticket") };
    let (id, end) = fire(&app.database, &plan);
    assert_eq!(end, "expired");
    assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_failed"]);
    app.check();
}

#[actix_web::test]
async fn without_members_the_creator_is_notified() {
    let app = TestApp::new().await;
    app.database.execute("DELETE FROM department_members");
    let plan = Plan {
        attendant: None,
        creator: Some(app.company.role_manager),
        due_in: "-2 hours",
        ..Plan::new(&app.company, "open_ticket")
    };
    let (id, _) = fire(&app.database, &plan);
    assert_eq!(notified(&app.database, id), ["Gil Torres: schedule_failed"]);
    app.check();
}

#[actix_web::test]
async fn without_a_creator_the_administrators_are_notified() {
    let app = TestApp::new().await;
    app.database.execute(
        "DELETE FROM department_members;
         UPDATE users SET deactivated_at = now() WHERE id = 302",
    );
    for creator in [None, Some(app.company.role_manager)] {
        let plan =
            Plan { attendant: None, creator, due_in: "-2 hours", ..Plan::new(&app.company, "open_ticket") };
        let (id, _) = fire(&app.database, &plan);
        assert_eq!(notified(&app.database, id), ["Ana Prado: schedule_failed"]);
    }
    app.check();
}

#[actix_web::test]
async fn history_and_audit_record_who_was_notified_and_why() {
    let app = TestApp::new().await;
    let plan = Plan { due_in: "-2 hours", ..Plan::new(&app.company, "notify") };
    let (id, _) = fire(&app.database, &plan);
    let history = format!(
        "SELECT (details - 'late_ms')::text AS value FROM schedule_history
          WHERE schedule_id = {id} AND kind = 'failed'"
    );
    assert_eq!(app.database.texts(&history), [r#"{"reason": "expired", "notified": [303]}"#]);
    let audit = format!(
        "SELECT details::text AS value FROM audit WHERE subject_id = {id} AND action = 'schedule.failed'"
    );
    assert_eq!(app.database.texts(&audit), [r#"{"reason": "expired"}"#]);
}
