//! What each action does, and why it may fail.

use super::{end_of, fire, notified, open_ticket, run};
use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn opening_a_ticket_sends_the_message_and_notifies_nobody() {
    let app = TestApp::new().await;
    let (id, end) = fire(&app.database, &Plan::new(&app.company, "open_ticket"));
    assert_eq!(end, "completed");
    let tickets = app.database.texts(
        "SELECT format('%s %s %s %s %s', contact_id, department_id, attendant_id, status, schedule_id) AS value
           FROM tickets",
    );
    assert_eq!(tickets, [format!("601 101 303 open {id}")]);
    let thread = app
        .database
        .texts("SELECT concat_ws('|', kind, event, schedule_id, body) AS value FROM messages ORDER BY id");
    assert_eq!(
        thread,
        [
            format!("event|ticket_opened|{id}|"),
            format!("comment|{id}|Cobrar retorno"),
            format!("attendant|{id}|Bom dia!")
        ]
    );
    assert!(notified(&app.database, id).is_empty());
    app.check();
}

#[actix_web::test]
async fn opening_and_notifying_does_both() {
    let app = TestApp::new().await;
    let (id, end) = fire(&app.database, &Plan::new(&app.company, "open_ticket_and_notify"));
    assert_eq!(end, "completed");
    assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_completed"]);
    let of_ticket = "SELECT count(*) AS value FROM notifications n JOIN tickets t ON t.id = n.ticket_id";
    assert_eq!(app.database.number(of_ticket), 1);
    app.check();
}

#[actix_web::test]
async fn a_notification_completes_although_a_ticket_is_open() {
    let app = TestApp::new().await;
    open_ticket(&app.database, app.company.marina);
    let (id, end) = fire(&app.database, &Plan::new(&app.company, "notify"));
    assert_eq!(end, "completed");
    assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_completed"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets"), 1);
    app.check();
}

#[actix_web::test]
async fn a_schedule_fails_when_the_ticket_is_open() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app.database, app.company.marina);
    for action in ["open_ticket", "open_ticket_and_notify"] {
        let (id, end) = fire(&app.database, &Plan::new(&app.company, action));
        assert_eq!(end, "ticket_open");
        assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_failed"]);
        let details = format!(
            "SELECT details ->> 'open_ticket_id' AS value FROM schedule_history
              WHERE schedule_id = {id} AND kind = 'failed'"
        );
        assert_eq!(app.database.texts(&details), [ticket.to_string()]);
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM tickets"), 1);
    app.check();
}

#[actix_web::test]
async fn a_closed_ticket_prevents_nothing() {
    let app = TestApp::new().await;
    let ticket = open_ticket(&app.database, app.company.marina);
    app.database.execute(&format!(
        "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() WHERE id = {ticket}"
    ));
    assert_eq!(fire(&app.database, &Plan::new(&app.company, "open_ticket")).1, "completed");
    app.check();
}

#[actix_web::test]
async fn of_two_for_one_contact_the_earlier_opens_the_ticket() {
    let app = TestApp::new().await;
    let plan = Plan::new(&app.company, "open_ticket_and_notify");
    let later = plan.save(&app.database);
    let earlier = Plan { due_in: "-2 seconds", ..plan }.save(&app.database);
    let outcome = run(&app.database);
    assert_eq!((outcome.completed, outcome.failed), (1, 1));
    assert_eq!(end_of(&app.database, earlier), "completed");
    assert_eq!(end_of(&app.database, later), "ticket_open");
    let blamed = "SELECT count(*) AS value FROM schedule_history h JOIN tickets t
        ON t.id = (h.details ->> 'open_ticket_id')::bigint AND t.schedule_id <> h.schedule_id";
    assert_eq!(app.database.number(blamed), 1);
    app.check();
}

#[actix_web::test]
async fn a_schedule_within_the_tolerance_runs_and_says_how_late() {
    let app = TestApp::new().await;
    let plan = Plan { due_in: "-59 minutes", ..Plan::new(&app.company, "open_ticket_and_notify") };
    let (id, end) = fire(&app.database, &plan);
    assert_eq!(end, "completed");
    let late = format!(
        "SELECT (details ->> 'late_ms')::bigint AS value FROM schedule_history
          WHERE schedule_id = {id} AND kind = 'completed'"
    );
    let late = app.database.number(&late);
    assert!((3_540_000..3_600_000).contains(&late), "{late}");
    app.check();
}

#[actix_web::test]
async fn later_than_the_tolerance_nothing_is_sent() {
    let app = TestApp::new().await;
    for action in ["open_ticket", "open_ticket_and_notify", "notify"] {
        let plan = Plan { due_in: "-61 minutes", ..Plan::new(&app.company, action) };
        let (id, end) = fire(&app.database, &plan);
        assert_eq!(end, "expired");
        assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_failed"]);
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
    app.check();
}

#[actix_web::test]
async fn no_ticket_is_opened_for_an_unreachable_contact() {
    let cases = [
        ("UPDATE contacts SET archived_at = now()", "contact_inactive"),
        ("UPDATE channels SET deactivated_at = now()", "contact_inactive"),
        ("UPDATE departments SET deactivated_at = now()", "department_inactive"),
    ];
    for (change, reason) in cases {
        let app = TestApp::new().await;
        app.database.execute(change);
        let (id, end) = fire(&app.database, &Plan::new(&app.company, "open_ticket"));
        assert_eq!(end, reason);
        assert_eq!(notified(&app.database, id), ["Bruno Lima: schedule_failed"]);
        let (_, end) = fire(&app.database, &Plan::new(&app.company, "notify"));
        assert_eq!(end, "completed", "a notice does not need a reachable contact");
        app.check();
    }
}

#[actix_web::test]
async fn files_go_out_even_without_a_text() {
    let app = TestApp::new().await;
    let id = Plan { message: "", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let silent = Plan { message: "", contact: app.company.rafael, ..Plan::new(&app.company, "open_ticket") };
    let silent = silent.save(&app.database);
    app.keep(b"a").await;
    app.database.execute(&format!(
        "INSERT INTO attachments (sha256, file_name, schedule_id) VALUES
            (sha256('a'), 'um.txt', {id}), (sha256('a'), 'dois.txt', {id})"
    ));
    run(&app.database);
    let sent = "SELECT a.file_name AS value FROM attachments a
        JOIN messages m ON m.id = a.message_id AND m.kind = 'attendant' ORDER BY a.id";
    assert_eq!(app.database.texts(sent), ["um.txt", "dois.txt"]);
    let of_schedule = format!("SELECT count(*) AS value FROM attachments WHERE schedule_id = {id}");
    assert_eq!(app.database.number(&of_schedule), 2, "the schedule keeps its own files");
    let unsent =
        format!("SELECT count(*) AS value FROM messages WHERE schedule_id = {silent} AND kind = 'attendant'");
    assert_eq!(app.database.number(&unsent), 0);
    app.check();
}

#[actix_web::test]
async fn a_cancelled_schedule_never_runs() {
    let app = TestApp::new().await;
    let id = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    app.database.execute(&format!(
        "UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = {id};
         INSERT INTO schedule_history (schedule_id, kind) VALUES ({id}, 'cancelled');
         INSERT INTO audit (action, subject_id) VALUES ('schedule.cancelled', {id})"
    ));
    let outcome = run(&app.database);
    assert_eq!((outcome.completed, outcome.failed, outcome.next_due), (0, 0, None));
    assert_eq!(end_of(&app.database, id), "cancelled");
    assert!(notified(&app.database, id).is_empty());
    app.check();
}

#[actix_web::test]
async fn nothing_happens_before_the_due_time_and_the_wait_is_exact() {
    let app = TestApp::new().await;
    let id = Plan { due_in: "90 seconds", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let wait = run(&app.database).next_due.unwrap();
    assert!((60.0..90.0).contains(&wait.as_secs_f64()), "{wait:?}");
    assert_eq!(end_of(&app.database, id), "scheduled");
}

#[actix_web::test]
async fn the_settled_row_tells_when_and_by_which_version() {
    let app = TestApp::new().await;
    let (id, _) = fire(&app.database, &Plan::new(&app.company, "open_ticket"));
    let sql = format!(
        "SELECT format('%s %s', version, finished_at BETWEEN due_at AND clock_timestamp()) AS value
           FROM schedules WHERE id = {id}"
    );
    assert_eq!(app.database.texts(&sql), ["2 t"]);
}
