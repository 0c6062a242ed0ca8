//! `pontual check`: the tests break each invariant in the data, and the check must report it.

use std::collections::BTreeSet;

use pontual::check;
use pontual::dispatcher::{prepare, tick};

use crate::harness::{Company, Database, Plan};

/// A company with one schedule of each kind: 1 opened a ticket with a file and notified, 2 failed because of that
/// ticket, 3 only notified, 4 was cancelled, 5 is pending.
fn busy_company() -> Database {
    let database = Database::new();
    let company = Company::found(&database);
    let plan = Plan::new(&company, "open_ticket_and_notify");
    let ids = [
        Plan { due_in: "-3 seconds", ..plan.clone() },
        Plan { due_in: "-2 seconds", ..plan.clone() },
        Plan::new(&company, "notify"),
        Plan { due_in: "1 hour", ..plan.clone() },
        Plan { due_in: "2 hours", ..plan },
    ]
    .map(|plan| plan.save(&database));
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    database.execute(
        "INSERT INTO blobs (sha256, size, media_type) VALUES (sha256('a'), 1, 'text/plain');
         INSERT INTO attachments (sha256, file_name, schedule_id) VALUES (sha256('a'), 'um.txt', 1);
         UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = 4;
         INSERT INTO schedule_history (schedule_id, kind) VALUES (4, 'cancelled');
         INSERT INTO audit (action, subject_id) VALUES ('schedule.cancelled', 4)",
    );
    let outcome = tick(&mut database.connect()).unwrap();
    assert_eq!((outcome.completed, outcome.failed), (2, 1));
    database
}

/// The numbers of the broken invariants, and the records that break them.
pub fn broken(database: &Database) -> (Vec<u8>, BTreeSet<String>) {
    let findings = check::run(&mut database.connect()).unwrap();
    let bad = || findings.iter().filter(|finding| !finding.is_ok());
    let offenders = bad().flat_map(|finding| finding.offenders.clone());
    (
        bad().map(|finding| finding.invariant.number).collect(),
        offenders.map(|offender| format!("{} {}", offender.subject, offender.id)).collect(),
    )
}

/// Breaks the data and expects exactly these invariants to be broken, by these records.
#[track_caller]
fn sees(damage: &str, numbers: &[u8], offenders: &[&str]) {
    let database = busy_company();
    database.execute(damage);
    let (found, by) = broken(&database);
    assert_eq!(found, numbers, "{by:?} after {damage}");
    assert_eq!(by, offenders.iter().map(|&offender| offender.to_owned()).collect(), "{damage}");
}

#[test]
fn a_company_at_work_breaks_nothing() {
    sees("SELECT 1", &[], &[]);
}

#[test]
fn a_state_without_its_history_is_seen() {
    sees(
        "UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = 5",
        &[1],
        &["schedule 5"],
    );
    sees("DELETE FROM schedule_history WHERE schedule_id = 5", &[1, 19], &["schedule 5"]);
    sees(
        "DROP INDEX schedule_history_one_end;
         INSERT INTO schedule_history (schedule_id, kind) VALUES (3, 'edited');
         INSERT INTO audit (action, subject_id) VALUES ('schedule.edited', 3)",
        &[1],
        &["schedule 3"],
    );
    sees(
        "ALTER TABLE schedules DISABLE TRIGGER USER; UPDATE schedules SET failure_reason = 'expired' WHERE id = 2",
        &[1],
        &["schedule 2"],
    );
    sees(
        "UPDATE retention SET history_gone_before = 'infinity'; DELETE FROM schedule_history WHERE schedule_id = 3",
        &[1, 4, 19],
        &["schedule 3"],
    );
}

#[test]
fn a_state_that_does_not_exist_is_seen() {
    sees(
        "ALTER TABLE schedules DROP CONSTRAINT schedules_status_check;
         UPDATE schedules SET status = 'executing', finished_at = now() WHERE id = 5",
        &[1],
        &["schedule 5"],
    );
}

#[test]
fn a_forgotten_schedule_is_seen_while_a_dispatcher_runs() {
    let database = busy_company();
    database.execute("UPDATE schedules SET due_at = now() - interval '61 seconds' WHERE id = 5");
    assert_eq!(broken(&database).0, [] as [u8; 0], "no dispatcher runs, so none has forgotten it");
    let mut dispatcher = database.connect();
    prepare(&mut dispatcher).unwrap();
    assert_eq!(broken(&database).0, [2]);
    let another = busy_company();
    another.execute("UPDATE schedules SET due_at = now() - interval '61 seconds' WHERE id = 5");
    assert_eq!(broken(&another).0, [] as [u8; 0], "a dispatcher on another database does not count");
    database.execute(
        "UPDATE schedules SET due_at = now() + interval '1 hour' WHERE id = 5;
         ALTER TABLE schedules DISABLE TRIGGER USER;
         UPDATE schedules SET status = 'scheduled', finished_at = NULL, due_at = now() - interval '2 minutes' WHERE id = 4",
    );
    assert!(broken(&database).0.contains(&2), "a schedule set back to pending counts too");
}

#[test]
fn a_missing_or_doubled_ticket_or_message_is_seen() {
    sees(
        "ALTER TABLE tickets DISABLE TRIGGER ALL; DELETE FROM tickets WHERE schedule_id = 1",
        &[3],
        &["schedule 1"],
    );
    sees(
        "ALTER TABLE messages DISABLE TRIGGER ALL;
         DELETE FROM messages WHERE schedule_id = 1 AND kind = 'attendant'",
        &[3],
        &["schedule 1"],
    );
    sees(
        "DROP INDEX messages_one_sent_per_schedule;
         DELETE FROM attachments;
         INSERT INTO messages (contact_id, ticket_id, kind, schedule_id, body)
            SELECT contact_id, ticket_id, kind, schedule_id, body FROM messages WHERE kind = 'attendant'",
        &[3],
        &["schedule 1"],
    );
    sees("UPDATE messages SET body = 'Outro texto' WHERE kind = 'attendant'", &[3], &["schedule 1"]);
    sees(
        "INSERT INTO tickets (id, contact_id, department_id, status, opened_at, closed_at)
            VALUES (90, 601, 101, 'closed', now() - interval '1 day', now() - interval '1 day');
         UPDATE messages SET ticket_id = 90, created_at = now() - interval '1 day' WHERE kind = 'attendant'",
        &[3],
        &["schedule 1"],
    );
}

#[test]
fn a_missing_or_needless_notice_is_seen() {
    sees("DELETE FROM notifications WHERE schedule_id = 3", &[4], &["schedule 3"]);
    let needless = "INSERT INTO notifications (user_id, kind, schedule_id, contact_id)
        VALUES (304, 'schedule_completed', 3, 601)";
    sees(needless, &[4], &["schedule 3"]);
    sees("UPDATE schedule_history SET details = '{}' WHERE schedule_id = 3", &[4], &["schedule 3"]);
    sees("DELETE FROM notifications WHERE schedule_id = 2", &[5], &["schedule 2"]);
    sees("UPDATE notifications SET user_id = 304 WHERE schedule_id = 2", &[5], &["schedule 2"]);
}

#[test]
fn a_failed_schedule_that_sent_something_is_seen() {
    sees("UPDATE messages SET schedule_id = 2 WHERE kind = 'comment'", &[5, 9], &["schedule 2", "message 2"]);
}

#[test]
fn check_finds_effects_of_a_pending_or_cancelled_schedule() {
    for id in [4, 5] {
        let damage = format!(
            "INSERT INTO notifications (id, user_id, kind, schedule_id, contact_id)
                VALUES (77, 303, 'schedule_completed', {id}, 601)"
        );
        sees(&damage, &[6, 9], &[&format!("schedule {id}"), "notification 77"]);
    }
    let ticket = "UPDATE tickets SET schedule_id = 5 WHERE schedule_id = 1";
    sees(ticket, &[3, 6, 9], &["schedule 1", "schedule 5", "ticket 1"]);
}

#[test]
fn two_open_tickets_are_seen() {
    sees(
        "DROP INDEX tickets_one_open_per_contact;
         INSERT INTO tickets (contact_id, department_id) VALUES (602, 101), (602, 101)",
        &[7],
        &["contact 602"],
    );
    sees(
        "ALTER TABLE tickets DROP CONSTRAINT tickets_closed_has_time;
         INSERT INTO tickets (contact_id, department_id, status) VALUES (602, 101, 'closed'), (602, 101, 'open')",
        &[7],
        &["contact 602"],
    );
}

#[test]
fn crowded_schedules_are_seen_unless_exempt() {
    let crowd = "ALTER TABLE schedules DROP CONSTRAINT schedules_spaced;
        INSERT INTO schedules (id, contact_id, department_id, action, due_at, due_local, due_zone, comment, min_gap)
            SELECT 90 + n, 601, 101, 'open_ticket', now() + n * interval '3 minutes 59 seconds', now(), 'UTC', 'c',
                   '4 minutes'
              FROM generate_series(1, 2) n;
        INSERT INTO schedule_history (schedule_id, kind) VALUES (91, 'created'), (92, 'created');
        INSERT INTO audit (action, subject_id) VALUES ('schedule.created', 91), ('schedule.created', 92);";
    sees(crowd, &[8], &["schedule 91"]);
    sees(&format!("{crowd} UPDATE schedules SET spacing_exempt = true WHERE id = 92"), &[], &[]);
    let apart = "UPDATE schedules SET due_at = due_at + interval '1 second' WHERE id = 92";
    sees(&format!("{crowd} {apart}"), &[], &[]);
}

#[test]
fn a_crowd_is_not_hidden_by_the_key_or_the_gap_that_is_stored() {
    sees("UPDATE schedules SET spacing_key = id", &[8], &["schedule 5"]);
    sees("UPDATE schedules SET min_gap = '0'", &[8], &["schedule 5"]);
    let near = "INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment,
                spacing_key, min_gap)
            SELECT 91, contact_id, department_id, attendant_id, action, due_at + interval '3 minutes', due_local, due_zone, 'c',
                   KEY, GAP FROM schedules WHERE id = 5;
        INSERT INTO schedule_history (schedule_id, kind) VALUES (91, 'created');
        INSERT INTO audit (action, subject_id) VALUES ('schedule.created', 91)";
    for (key, gap) in [("91", "min_gap"), ("spacing_key", "'0'")] {
        let hidden = near.replace("KEY", key).replace("GAP", gap);
        sees(&hidden, &[8], &["schedule 5", "schedule 91"]);
    }
    sees("UPDATE settings SET spacing_scope = 'contact'", &[8], &["schedule 5"]);
}

#[test]
fn a_record_of_another_contact_is_seen() {
    sees("UPDATE notifications SET contact_id = 602 WHERE schedule_id = 3", &[9], &["notification 3"]);
    sees(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (90, 602, 101);
         ALTER TABLE messages DISABLE TRIGGER ALL;
         INSERT INTO messages (id, contact_id, ticket_id, kind, body) VALUES (91, 601, 90, 'customer', 'oi')",
        &[9],
        &["message 91"],
    );
    sees(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (90, 602, 101);
         UPDATE notifications SET ticket_id = 90 WHERE schedule_id = 3",
        &[9],
        &["notification 3"],
    );
}

#[test]
fn a_notice_that_was_passed_on_by_somebody_who_was_not_told_is_seen() {
    let passed_on = |by: i64| {
        format!(
            "INSERT INTO notifications (id, user_id, kind, schedule_id, contact_id, passed_on_by)
                VALUES (77, 304, 'schedule_completed', 3, 601, {by})"
        )
    };
    sees(&passed_on(303), &[], &[]);
    sees(&passed_on(302), &[9], &["notification 77"]);
}

#[test]
fn a_ticket_that_began_while_another_was_open_is_seen() {
    sees(
        "INSERT INTO tickets (contact_id, department_id, status, opened_at, closed_at)
            VALUES (601, 101, 'closed', now() - interval '1 hour', now() + interval '1 hour')",
        &[10],
        &["ticket 1"],
    );
    sees(
        "INSERT INTO tickets (id, contact_id, department_id, status, opened_at, closed_at)
            VALUES (90, 601, 101, 'closed', now() - interval '1 hour', now() - interval '1 hour');
         INSERT INTO messages (contact_id, ticket_id, kind, body, created_at)
            VALUES (601, 90, 'customer', 'oi', now() + interval '1 hour')",
        &[10],
        &["ticket 1"],
    );
}

#[test]
fn a_lost_file_is_seen() {
    sees("DELETE FROM attachments WHERE message_id IS NOT NULL", &[17], &["message 3"]);
    sees(
        "ALTER TABLE blobs DISABLE TRIGGER ALL; DELETE FROM blobs",
        &[17],
        &["attachment 1", "attachment 2"],
    );
}

#[test]
fn a_message_that_was_stored_twice_is_seen() {
    sees(
        "ALTER TABLE messages DROP CONSTRAINT messages_client_key;
         INSERT INTO messages (id, contact_id, ticket_id, kind, body, client_key)
            SELECT 90 + n, 601, 1, 'customer', 'oi', '00000000-0000-4000-8000-000000000000'
              FROM generate_series(1, 2) n",
        &[18],
        &["message 92"],
    );
    sees(
        "ALTER TABLE messages DROP CONSTRAINT messages_client_key;
         INSERT INTO tickets (id, contact_id, department_id, status, opened_at, closed_at)
            VALUES (90, 601, 101, 'closed', now() - interval '1 day', now() - interval '1 day');
         INSERT INTO messages (id, contact_id, ticket_id, kind, body, client_key, created_at)
            VALUES (91, 601, 90, 'customer', 'oi', '00000000-0000-4000-8000-000000000000', now() - interval '1 day'),
                   (92, 601, 1, 'customer', 'tudo bem?', '00000000-0000-4000-8000-000000000000', now())",
        &[18],
        &["message 92"],
    );
}

#[test]
fn a_list_that_shows_another_fate_of_a_message_is_seen() {
    sees("UPDATE schedule_deliveries SET state = 'read' WHERE schedule_id = 1", &[22], &["schedule 1"]);
    sees("DELETE FROM schedule_deliveries", &[22], &["schedule 1"]);
    sees("UPDATE schedule_deliveries SET due_at = due_at + interval '1 day'", &[22], &["schedule 1"]);
}

#[test]
fn a_gap_in_the_audit_and_an_unguarded_one_are_seen() {
    sees(
        "ALTER TABLE audit DISABLE TRIGGER USER; DELETE FROM audit WHERE action = 'schedule.failed';
         ALTER TABLE audit ENABLE TRIGGER USER",
        &[19],
        &["schedule 2"],
    );
    sees(
        "INSERT INTO messages (contact_id, ticket_id, kind, event) VALUES (601, 1, 'event', 'ticket_closed')",
        &[19],
        &["ticket 1"],
    );
    sees("INSERT INTO audit (action, subject_id) VALUES ('ticket.opened', 1)", &[19], &["ticket 1"]);
    sees("UPDATE tickets SET status = 'closed', closed_at = clock_timestamp()", &[19], &["ticket 1"]);
    sees("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only", &[19], &["guard of the audit 1"]);
    sees(
        "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        &[19],
        &["guard of the audit 1", "guard of the audit 2"],
    );
    sees(
        "DROP TRIGGER audit_is_append_only ON audit;
         CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
            FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION refuse_audit_change()",
        &[19],
        &["guard of the audit 1"],
    );
    sees("DROP TRIGGER audit_is_never_emptied ON audit", &[19], &["guard of the audit 2"]);
}
