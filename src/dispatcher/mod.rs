//! The dispatcher: when a schedule happens, and what comes of it.
//!
//! Each due schedule reaches exactly one final state (the diagram is at [`Status`](crate::schedules::Status)).
//! That state, its ticket with event, comment, message and files, its notifications, history and
//! audit are written in one transaction for a whole batch, so that a crash at any point leaves
//! nothing half done and needs no rescue. Two statements: the first claims what is due and locks the
//! contacts (`claim.sql`), the second, whose snapshot is younger than those locks, decides and writes
//! (`decide.sql`). "Due" and "late" are judged by the database's clock alone.
//!
//! A schedule fails, for the first of these reasons that holds: `expired` (later than the tolerance),
//! `contact_inactive`, `department_inactive`, `ticket_open`, which are about tickets and so spare
//! `notify`; or `internal`, if the database will not have it. Who is told: the attendant if active;
//! else the department's active members; else the creator if active; else the administrators.
//!
//! Any number of processes may run one on the same database: rows are claimed `SKIP LOCKED`, nobody
//! waits for anybody, and nothing is done twice.
//!
//! A person may have a pending schedule done before its time (`run_now`): the same statement decides, in
//! the request's transaction.
//!
//! What can go wrong, by file: `tick` and `refusals` (a row that the database refuses), `timer` (a lost wake-up, a
//! row that somebody holds), `supervisor` (a lost connection, a panic).

mod handlers;
mod health;
mod in_line;
mod queries;
mod refusals;
mod run_now;
mod supervisor;
mod tick;
mod timer;

pub use health::Health;
pub use in_line::carry_out;
pub use queries::{RUNNING_LOCK, prepare};
pub use refusals::{Alarm, Refusals, Rules};
pub use run_now::{RunNow, run_now};
pub use supervisor::{Control, Ending, start, supervise};
pub use tick::{Outcome, tick, tick_while, tick_with};
pub use timer::Waker;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![Route::get("/healthz", handlers::healthz), Route::get("/readyz", handlers::readyz)]
}
