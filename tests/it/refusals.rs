//! What the database itself refuses or does, regardless of the caller.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::db::connect;
use pontual::error::Error;

use crate::harness::{Company, Database, Plan};

/// A company with a schedule that opened ticket 1, which is closed now.
fn after_a_dispatch() -> (Database, i64) {
    let database = Database::new();
    let schedule = Plan::new(&Company::found(&database), "open_ticket").save(&database);
    pontual::dispatcher::tick(&mut database.connect()).unwrap();
    database.execute("UPDATE tickets SET status = 'closed', closed_at = clock_timestamp()");
    (database, schedule)
}

#[track_caller]
fn refuses(database: &Database, sql: &str, sentence: &str) {
    let error = database.connect_and_try(sql).expect_err(sql);
    assert!(error.contains(sentence), "{sql}: {error}");
}

#[test]
fn a_final_schedule_stays_as_it_is() {
    let (database, schedule) = after_a_dispatch();
    for change in [
        "status = 'scheduled', finished_at = NULL",
        "status = 'cancelled'",
        "status = 'failed', failure_reason = 'internal'",
        "finished_at = now() + interval '1 hour'",
    ] {
        let sql = format!("UPDATE schedules SET {change} WHERE id = {schedule}");
        refuses(&database, &sql, &format!("schedule {schedule} is completed, and stays so"));
    }
    // Columns that are not part of the state may still be cleared, as anonymising does.
    database.execute("UPDATE schedules SET comment = '-', status = status");
}

#[test]
fn a_closed_ticket_stays_closed() {
    let (database, _) = after_a_dispatch();
    refuses(
        &database,
        "UPDATE tickets SET status = 'open', closed_at = NULL",
        "ticket 1 is closed, and stays so",
    );
    refuses(&database, "UPDATE tickets SET closed_at = now() + interval '1 day'", "stays so");
    database.execute("UPDATE tickets SET seen_message_id = 7");
}

#[test]
fn a_row_that_names_a_schedule_belongs_to_its_contact() {
    let (database, schedule) = after_a_dispatch();
    let message = format!(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (77, 602, 101);
         INSERT INTO messages (contact_id, ticket_id, kind, schedule_id) VALUES (602, 77, 'comment', {schedule})"
    );
    refuses(&database, &message, "messages_schedule_of_contact");
    refuses(&database, "UPDATE schedules SET contact_id = 602", "_schedule_of_contact");
    let ticket = format!(
        "UPDATE tickets SET schedule_id = NULL;
         INSERT INTO tickets (contact_id, department_id, schedule_id) VALUES (602, 101, {schedule})"
    );
    refuses(&database, &ticket, "tickets_schedule_of_contact");
}

#[test]
fn an_ended_session_does_not_live_again_with_its_user() {
    let database = Database::new();
    let company = Company::found(&database);
    let (bruno, helena) = (company.bruno, company.helena);
    database.execute(&format!(
        "INSERT INTO sessions (token_hash, user_id, state)
         VALUES (sha256('b'), {bruno}, '{{}}'), (sha256('h'), {helena}, '{{}}');
         UPDATE users SET deactivated_at = now() WHERE id = {bruno};
         UPDATE users SET deactivated_at = NULL WHERE id = {bruno}"
    ));
    assert_eq!(database.number("SELECT user_id AS value FROM sessions"), helena);
}

#[test]
fn trouble_that_passes_is_known_by_what_the_server_says() {
    let database = Database::new();
    let mut conn = database.connect();
    let error_of = |conn: &mut PgConnection, sql: &str| Error::from(conn.batch_execute(sql).unwrap_err());
    let late = error_of(&mut conn, "SET statement_timeout = '1ms'; SELECT pg_sleep(10)");
    assert!(matches!(late, Error::Unavailable(_)), "{late}");

    let mut holder = database.connect();
    holder.batch_execute("BEGIN; SELECT FROM settings FOR UPDATE").unwrap();
    let mut waiting = database.connect();
    let blocked = error_of(&mut waiting, "SET lock_timeout = '1ms'; SELECT FROM settings FOR UPDATE");
    assert!(matches!(blocked, Error::Unavailable(_)), "{blocked}");

    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let lost = error_of(&mut holder, "SELECT 1");
    assert!(matches!(lost, Error::Unavailable(_)), "{lost}");
    let ours = error_of(&mut connect(&database.url).unwrap(), "SELECT nothing");
    assert!(matches!(ours, Error::Unexpected(_)), "{ours}");
}

#[test]
fn every_connection_reads_what_is_committed_whatever_the_servers_default() {
    let database = Database::new();
    database.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L',
                                    current_database(), 'serializable'); END $$",
    );
    let level = "SELECT current_setting('transaction_isolation') AS value";
    assert_eq!(database.texts(level), ["read committed"]);
}
