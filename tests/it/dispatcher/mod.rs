//! The dispatcher: what happens to due schedules.

mod concurrent_deactivation;
mod exact_time;
mod load_and_locks;
mod outcomes;
mod recipients;
mod refusals;
mod supervision;

use pontual::dispatcher::{TickOutcome, tick};

use crate::harness::{Database, Plan};

/// Runs one tick. The dispatcher uses the database's clock.
pub fn run(database: &Database) -> TickOutcome {
    tick(&mut database.connect()).unwrap()
}

/// Saves, ticks, and returns the schedule's id and how it ended: `completed`, or the reason.
fn fire(database: &Database, plan: &Plan) -> (i64, String) {
    let id = plan.save(database);
    run(database);
    (id, end_of(database, id))
}

fn end_of(database: &Database, id: i64) -> String {
    let sql = format!("SELECT coalesce(failure_reason, status) AS value FROM schedules WHERE id = {id}");
    database.texts(&sql).remove(0)
}

/// Who was notified of a schedule, and the kind: `Bruno Lima: schedule_failed`.
fn notified(database: &Database, id: i64) -> Vec<String> {
    database.texts(&format!(
        "SELECT u.name || ': ' || n.kind AS value FROM notifications n JOIN users u ON u.id = n.user_id
          WHERE n.schedule_id = {id} ORDER BY u.name"
    ))
}

/// A ticket that a person opened.
fn open_ticket(database: &Database, contact: i64) -> i64 {
    database.number(&format!(
        "INSERT INTO tickets (contact_id, department_id) VALUES ({contact}, 101) RETURNING id AS value"
    ))
}
