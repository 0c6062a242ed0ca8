//! SQL of the dispatcher. Its two large statements are kept prepared by the connection: planning the
//! decision anew would take longer than deciding.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text};

use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, NotificationId, ScheduleId, UserId};
use crate::schedules::{Action, FailureReason, Status};
use crate::schema::{contacts, schedules};

/// The key of the advisory lock that every running dispatcher shares: `pont` in ASCII, and 1.
pub const RUNNING_LOCK: (i32, i32) = (0x706f_6e74, 1);

/// What one batch came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub completed: i64,
    pub failed: i64,
    /// The lowest and the highest id of the notifications that were written.
    pub notifications: Option<(NotificationId, NotificationId)>,
    /// The contacts whose tickets were opened.
    pub contacts: Vec<ContactId>,
    /// Those of whom somebody who would be told is being changed in this moment. If there are any, the caller undoes
    /// everything.
    pub uncertain: Vec<ScheduleId>,
}

/// So far ahead of its time a schedule may be decided, so that at its time only the commit is left to do. Who
/// would change it meanwhile waits as for one that has just been fired.
pub const AHEAD: Duration = Duration::from_millis(8);

/// Schedules whose locks a transaction holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    pub ids: Vec<ScheduleId>,
    /// Whether some are not due yet: the transaction must not be committed before [`until_due`].
    pub are_ahead: bool,
}

/// Takes the locks of at most `limit` schedules that are due, or next and as good as due, and of their
/// contacts, for this transaction.
pub fn claim_due(conn: &mut PgConnection, limit: i64, except: &[ScheduleId]) -> QueryResult<Claimed> {
    let ahead = AHEAD.as_millis() as i32;
    let rows: Vec<(ScheduleId, bool)> = db::prepared(include_str!("claim.sql"))
        .bind::<Array<BigInt>, _>(except)
        .bind::<Integer, _>(ahead)
        .bind::<BigInt, _>(limit)
        .by_place::<(BigInt, Bool)>()
        .load(conn)?;
    Ok(Claimed {
        are_ahead: rows.iter().any(|(_, is_ahead)| *is_ahead),
        ids: rows.into_iter().map(|(id, _)| id).collect(),
    })
}

/// How long until the last of `ids` is due, by the database's clock.
pub fn until_due(conn: &mut PgConnection, ids: &[ScheduleId]) -> QueryResult<Duration> {
    let until: NextDue = db::prepared(
        "SELECT extract(epoch FROM max(due_at) - clock_timestamp())::float8 AS seconds
           FROM schedules WHERE id = ANY ($1)",
    )
    .bind::<Array<BigInt>, _>(ids)
    .get_result(conn)?;
    Ok(until.duration().unwrap_or_default())
}

/// Takes the lock of one schedule, unless it is settled or held by somebody else.
pub fn claim_one(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<bool> {
    let row: Option<i64> = schedules::table
        .filter(schedules::id.eq(id.0).and(schedules::status.eq(Status::Scheduled.as_str())))
        .select(schedules::id)
        .for_no_key_update()
        .skip_locked()
        .first(conn)
        .optional()?;
    Ok(row.is_some())
}

/// Takes the locks of a schedule and its contact, waiting for whoever holds them; `false` if it is
/// settled. What comes after sees every ticket that was opened under them.
///
/// Attendant, department and channel are held first, as by whoever deactivates one of them: those lock the
/// schedules and contacts later.
///
/// # Errors
/// `NotFound`; `Collision` if it was given to another attendant or department in between; or the database is
/// unreachable.
pub fn lock_pending(conn: &mut PgConnection, id: ScheduleId) -> Result<bool> {
    let place = (schedules::contact_id, schedules::department_id, schedules::attendant_id);
    let before: (i64, i64, Option<i64>) = schedules::table.find(id.0).select(place).first(conn)?;
    let (contact, department, attendant) = before;
    for (table, id) in [
        ("channels", contacts::table.find(contact).select(contacts::channel_id).first(conn)?),
        ("departments", department),
        ("users", attendant.unwrap_or(0)),
    ] {
        db::prepared(format!("SELECT FROM {table} WHERE id = $1 FOR SHARE"))
            .bind::<BigInt, _>(id)
            .execute(conn)?;
    }
    let (status, now): (String, (i64, i64, Option<i64>)) =
        schedules::table.find(id.0).select((schedules::status, place)).for_no_key_update().first(conn)?;
    if now != before {
        return Err(Error::Collision("the schedule was changed in between".into()));
    }
    contacts::table.find(contact).select(contacts::id).for_no_key_update().first::<i64>(conn)?;
    Ok(status == Status::Scheduled.as_str())
}

/// Whether a schedule opens a ticket.
pub fn opens_ticket(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<bool> {
    let action: String = schedules::table.find(id.0).select(schedules::action).first(conn)?;
    Ok(action != Action::Notify.as_str())
}

/// Why a schedule failed, if it did.
pub fn failure_of(conn: &mut PgConnection, id: ScheduleId) -> QueryResult<Option<FailureReason>> {
    let reason: Option<String> = schedules::table.find(id.0).select(schedules::failure_reason).first(conn)?;
    Ok(reason.and_then(|reason| reason.parse().ok()))
}

/// At whose word schedules are settled.
#[derive(Clone, Copy, Debug)]
pub enum Order<'a> {
    /// They are due.
    Time,
    /// Somebody wants it now, whenever it is due.
    Person { by: UserId, ip: &'a str },
}

/// Settles claimed schedules with all that follows; with a `reason`, all of them fail for it.
///
/// # Errors
/// The database refuses one of the rows or is unreachable; nothing is written then.
pub fn decide(
    conn: &mut PgConnection,
    ids: &[ScheduleId],
    reason: Option<FailureReason>,
    order: Order<'_>,
) -> QueryResult<Decided> {
    type Row = (i64, i64, Option<NotificationId>, Option<NotificationId>, Vec<ContactId>, Vec<ScheduleId>);
    let (by, ip) = match order {
        Order::Time => (None, ""),
        Order::Person { by, ip } => (Some(by), ip),
    };
    let (completed, failed, first, last, contacts, uncertain): Row = db::prepared(include_str!("decide.sql"))
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Nullable<Text>, _>(reason)
        .bind::<Nullable<BigInt>, _>(by)
        .bind::<Text, _>(ip)
        .by_place::<(BigInt, BigInt, Nullable<BigInt>, Nullable<BigInt>, Array<BigInt>, Array<BigInt>)>()
        .get_result(conn)?;
    Ok(Decided { completed, failed, notifications: first.zip(last), contacts, uncertain })
}

#[derive(QueryableByName)]
struct LeftRow {
    #[diesel(sql_type = Array<BigInt>)]
    held: Vec<ScheduleId>,
    #[diesel(embed)]
    next: NextDue,
}

/// What there is when nothing more can be claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// What is due and held by somebody else, the earliest first, up to [`MOST_HELD`].
    pub held: Vec<ScheduleId>,
    /// How long until the next schedule is due that is not due yet.
    pub next_due: Option<Duration>,
}

/// Maximum number of held schedules that are named.
const MOST_HELD: i64 = 50;

#[derive(QueryableByName)]
struct NextDue {
    #[diesel(sql_type = Nullable<Double>)]
    seconds: Option<f64>,
}

impl NextDue {
    fn duration(&self) -> Option<Duration> {
        self.seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
    }
}

/// What is left but for `except`, by the database's clock: what is held is not what comes next, so that nobody
/// is late for its sake.
pub fn left(conn: &mut PgConnection, except: &[ScheduleId]) -> QueryResult<Left> {
    let row: LeftRow = db::prepared(
        "SELECT ARRAY(SELECT id FROM schedules
                       WHERE status = 'scheduled' AND due_at <= now() AND id <> ALL ($1)
                       ORDER BY due_at, id LIMIT $2) AS held,
                (SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM schedules
                  WHERE status = 'scheduled' AND due_at > now() AND id <> ALL ($1)) AS seconds",
    )
    .bind::<Array<BigInt>, _>(except)
    .bind::<BigInt, _>(MOST_HELD)
    .get_result(conn)?;
    Ok(Left { held: row.held, next_due: row.next.duration() })
}

/// Makes a connection a dispatcher's own: holds the lock that says so until it closes, plans its
/// statements once and along the indexes, whatever the statistics say of tables that were just
/// filled, gives up on a lock before those who wait behind it do, and on a statement before the dispatcher gives
/// up the connection ([`PATIENCE`](super::supervisor)).
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
        decide(conn, &[], None, Order::Time)
    })?;
    Ok(())
}
