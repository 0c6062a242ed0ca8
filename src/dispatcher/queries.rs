//! The dispatcher's SQL. The statements that claim, decide and look ahead are text: their shape and plan
//! matter. The connection keeps them prepared, because planning the decision takes longer than running it.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::auth::Account;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ContactId, DepartmentId, NotificationId, ScheduleId, UserId};
use crate::schedules::{Action, FailureReason, Status};
use crate::schema::{channels, contacts, departments, schedules, users};

/// The key of the advisory lock that every running dispatcher shares: `pont` in ASCII, and 1.
pub const RUNNING_LOCK: (i32, i32) = (0x706f_6e74, 1);

/// The result of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub completed: i64,
    pub failed: i64,
    /// The lowest and the highest id of the new notifications.
    pub notifications: Option<(NotificationId, NotificationId)>,
    /// The contacts whose tickets were opened.
    pub contacts: Vec<ContactId>,
    /// Whether messages wait in the outbox.
    pub has_queued: bool,
    /// Schedules with a recipient who is being changed by another transaction. If there are any, the caller
    /// must roll back.
    pub uncertain: Vec<ScheduleId>,
}

/// How long before its due time a schedule may be decided, so that only the commit remains to be done at the
/// due time. A user who changes the schedule in that time waits for the commit, as for any schedule that is
/// being run.
pub const AHEAD: Duration = Duration::from_millis(8);

/// Schedules that this transaction has locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    pub ids: Vec<ScheduleId>,
    /// Whether some are not due yet. Then the transaction must not commit before [`until_due`] is zero.
    pub are_ahead: bool,
}

/// Locks at most `limit` schedules that are due and their contacts, until the end of the transaction. If none
/// is due, locks those that are due next, if that is within [`AHEAD`].
pub fn claim_due(conn: &mut PgConnection, limit: i64, except: &[ScheduleId]) -> QueryResult<Claimed> {
    let ahead = AHEAD.as_millis() as i32;
    let rows: Vec<(ScheduleId, bool)> =
        db::prepared(include_str!("claim.sql")).bind(except).bind(ahead).bind(limit).load(conn)?;
    Ok(Claimed {
        are_ahead: rows.iter().any(|(_, is_ahead)| *is_ahead),
        ids: rows.into_iter().map(|(id, _)| id).collect(),
    })
}

/// How long until all of `ids` are due, by the database's clock.
pub fn until_due(conn: &mut PgConnection, ids: &[ScheduleId]) -> QueryResult<Duration> {
    let seconds = db::prepared(
        "SELECT extract(epoch FROM max(due_at) - clock_timestamp())::float8 AS seconds
           FROM schedules WHERE id = ANY ($1)",
    )
    .bind(ids)
    .get_result(conn)?;
    Ok(duration(seconds).unwrap_or_default())
}

/// Locks one schedule. Returns `false` if it is settled or locked by another transaction.
pub fn claim_one(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<bool> {
    let row: Option<ScheduleId> = schedules::table
        .find(id)
        .filter(schedules::status.eq(Status::Scheduled))
        .select(schedules::id)
        .for_no_key_update()
        .skip_locked()
        .first(conn)
        .optional()?;
    Ok(row.is_some())
}

/// Locks a schedule and its contact, and waits for transactions that hold them. Returns `false` if the
/// schedule is settled. Statements after this see every ticket that was opened before the locks were taken.
///
/// Locks channel, department and attendant first. A transaction that deactivates one of them uses the same
/// order: it locks schedules and contacts later.
///
/// # Errors
/// `Collision` if another transaction changed the contact, the department or the attendant in between.
pub fn lock_pending(conn: &mut PgConnection, id: ScheduleId) -> Result<bool> {
    type Assignment = (ContactId, Option<ChannelId>, DepartmentId, Option<UserId>);
    let assignment =
        (schedules::contact_id, schedules::channel_id, schedules::department_id, schedules::attendant_id);
    let before: Assignment = schedules::table.find(id).select(assignment).first(conn)?;
    let (contact, chosen, department, attendant) = before;
    let channel: ChannelId = match chosen {
        Some(channel) => channel,
        None => contacts::table.find(contact).select(contacts::channel_id).first(conn)?,
    };
    channels::table.find(channel).select(channels::id).for_share().execute(conn)?;
    departments::table.find(department).select(departments::id).for_share().execute(conn)?;
    if let Some(attendant) = attendant {
        users::table.find(attendant).select(users::id).for_share().execute(conn)?;
    }
    let (status, now): (Status, Assignment) =
        schedules::table.find(id).select((schedules::status, assignment)).for_no_key_update().first(conn)?;
    if now != before {
        return Err(Error::Collision("the schedule was changed in between".into()));
    }
    contacts::table.find(contact).select(contacts::id).for_no_key_update().execute(conn)?;
    Ok(status == Status::Scheduled)
}

/// Whether a schedule opens a ticket.
pub fn opens_ticket(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<bool> {
    let action: Action = schedules::table.find(id).select(schedules::action).first(conn)?;
    Ok(action.opens_ticket())
}

/// Why a schedule failed, if it did.
pub fn failure_of(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<Option<FailureReason>> {
    schedules::table.find(id).select(schedules::failure_reason).first(conn)
}

/// Why schedules are settled now.
#[derive(Clone, Copy, Debug)]
pub enum Trigger<'a> {
    /// They are due.
    DueTime,
    /// A user runs them now, whatever their due time.
    User(&'a Account),
}

db::row! {
    struct DecidedRow {
        completed: i64,
        failed: i64,
        first_notification: Option<NotificationId>,
        last_notification: Option<NotificationId>,
        contacts: Vec<ContactId>,
        has_queued: bool,
        uncertain: Vec<ScheduleId>,
    }
}

/// Settles claimed schedules and writes everything that follows. With a `reason`, all of them fail for it. If
/// the database refuses one of the rows, nothing is written.
pub fn decide(
    conn: &mut PgConnection,
    ids: &[ScheduleId],
    reason: Option<FailureReason>,
    trigger: Trigger<'_>,
) -> QueryResult<Decided> {
    let (by, ip) = match trigger {
        Trigger::DueTime => (None, ""),
        Trigger::User(by) => (Some(by.id), by.ip.as_str()),
    };
    let row: DecidedRow =
        db::prepared(include_str!("decide.sql")).bind(ids).bind(reason).bind(by).bind(ip).get_result(conn)?;
    Ok(Decided {
        completed: row.completed,
        failed: row.failed,
        notifications: row.first_notification.zip(row.last_notification),
        contacts: row.contacts,
        has_queued: row.has_queued,
        uncertain: row.uncertain,
    })
}

/// What remains when nothing more can be claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remaining {
    /// Due schedules that other transactions have locked, the earliest first, up to [`MAX_HELD`].
    pub held: Vec<ScheduleId>,
    /// How long until the next schedule becomes due.
    pub next_due: Option<Duration>,
}

/// Maximum held schedules that are listed.
const MAX_HELD: i64 = 50;

/// The seconds until a due time, as a duration; zero if it is over.
fn duration(seconds: Option<f64>) -> Option<Duration> {
    seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// What remains besides `except`, by the database's clock. `next_due` counts only schedules that are not due
/// yet: a held one must not delay the next.
pub fn remaining(conn: &mut PgConnection, except: &[ScheduleId]) -> QueryResult<Remaining> {
    let (held, seconds) = db::prepared(
        "SELECT ARRAY(SELECT id FROM schedules
                       WHERE status = 'scheduled' AND due_at <= now() AND id <> ALL ($1)
                       ORDER BY due_at, id LIMIT $2) AS held,
                (SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM schedules
                  WHERE status = 'scheduled' AND due_at > now() AND id <> ALL ($1)) AS seconds",
    )
    .bind(except)
    .bind(MAX_HELD)
    .get_result(conn)?;
    Ok(Remaining { held, next_due: duration(seconds) })
}

/// Prepares a connection for a dispatcher:
///
/// - It holds the lock that marks a running dispatcher until it closes.
/// - It plans its statements once and always along the indexes, because the statistics of tables that were
///   just filled may mislead the planner.
/// - It gives up on a lock before the transactions that wait behind it do.
/// - Its statements time out before the dispatcher gives up the connection ([`PATIENCE`](super::supervisor)).
pub fn prepare(conn: &mut PgConnection) -> QueryResult<()> {
    let (class, id) = RUNNING_LOCK;
    conn.batch_execute(&format!(
        "SET application_name = 'pontual dispatcher';
         SET jit = off; SET enable_seqscan = off; SET plan_cache_mode = 'force_generic_plan';
         SET lock_timeout = '1500ms'; SET statement_timeout = '6s';
         SELECT pg_advisory_lock_shared({class}, {id})"
    ))?;
    conn.transaction(|conn| {
        claim_due(conn, 0, &[])?;
        decide(conn, &[], None, Trigger::DueTime)
    })?;
    Ok(())
}
