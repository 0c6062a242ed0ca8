//! The dispatcher decides when a schedule runs, and what the result is.
//!
//! Each due schedule reaches exactly one final state (the diagram is at
//! [`Status`](crate::schedules::Status)). One transaction writes a whole batch: the states, the tickets with
//! event, comment, message and files, the notifications, history and audit. So a crash at any point leaves
//! nothing half done and needs no recovery. There are two statements. The first claims due schedules and
//! locks their contacts (`claim.sql`). The second, whose snapshot is younger than those locks, decides and
//! writes (`decide.sql`). "Due" and "late" are judged by the database's clock alone.
//!
//! A schedule fails for the first of these reasons that applies: `expired` (later than the tolerance),
//! `contact_inactive`, `department_inactive`, `ticket_open`, `internal` (the database refuses to write it).
//! The three in the middle concern tickets, so they do not apply to `notify`. The recipients are the
//! attendant if active; else the department's active members; else the creator if active; else the
//! administrators.
//!
//! Any number of processes may run a dispatcher on the same database. Rows are claimed with `SKIP LOCKED`, so
//! no dispatcher waits for another and nothing runs twice.
//!
//! A person may run a pending schedule before its time (`run_now`): the same statement decides, in the
//! request's transaction.
//!
//! What can go wrong, by file: `tick` and `refusals` (the database refuses a row), `timer` and `lock_queue` (a
//! lost wake-up, a locked row), `supervisor` (a lost connection, a panic).

pub mod handlers;
mod health;
mod lock_queue;
mod queries;
mod refusals;
mod run_now;
mod supervisor;
mod tick;
mod timer;

pub use health::Health;
pub use lock_queue::settle_when_unlocked;
pub use queries::{RUNNING_LOCK, prepare};
pub use refusals::{Alarm, GiveUpRules, Refusals};
pub use run_now::{RunOutcome, run_now};
pub use supervisor::{Control, Ending, start, supervise};
pub use tick::{TickOutcome, tick, tick_while, tick_with};
pub use timer::Waker;
