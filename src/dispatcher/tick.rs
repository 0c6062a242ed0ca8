//! One tick: decides everything that is due now, in batches. It also decides what becomes due within a few
//! milliseconds, so that only the commit remains to be done at the due time.
//!
//! What can go wrong:
//!
//! - The database refuses a row. It must not stop the others, so the batch is halved until that row is alone.
//!   It stays due (see `refusals`).
//! - A row waits for a lock until a time-out. It is isolated in the same way and tried again with the next
//!   tick.
//! - A recipient is deactivated or changes role or department during the decision. The batch is rolled back
//!   and tried without the schedules of that recipient, which wait for the next tick.
//! - The database's clock is set back while a decision waits for its due time. It is rolled back.

use std::thread;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::queries::{self, AHEAD, Claimed, Decided, Remaining, Trigger};
use super::refusals::{Alarm, Fault, Refusals};
use crate::db::SqlState;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::live::{Event, announce};
use crate::schedules::FailureReason;

/// Maximum schedules per batch; the statement takes about 50 ms for this number.
const FULL_BATCH: i64 = 500;

/// Schedules in the first batch of a tick. It is small, so that the first of many run nearly as soon as a
/// single one would. Each further batch is twice as large, up to [`FULL_BATCH`].
const FIRST_BATCH: i64 = 25;

/// Approximate time that one [`queries::until_due`] takes.
const DUE_QUERY_TIME: Duration = Duration::from_micros(150);

/// The result of a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickOutcome {
    pub completed: i64,
    pub failed: i64,
    /// Still due: another transaction has locked something that they need.
    pub held: Vec<ScheduleId>,
    /// Still due: the database refuses to write them.
    pub refused: Vec<ScheduleId>,
    /// How long until the next schedule becomes due.
    pub next_due: Option<Duration>,
    /// How long until a refused schedule may be tried again.
    pub retry_in: Option<Duration>,
    pub alarm: Option<Alarm>,
}

/// Decides everything that is due now. If it fails, batches that were committed before stay decided.
pub fn tick(conn: &mut PgConnection) -> Result<TickOutcome> {
    tick_while(conn, &mut || true)
}

/// Like [`tick`], but asks `goes_on` before each batch and stops when it is false.
pub fn tick_while(conn: &mut PgConnection, goes_on: &mut dyn FnMut() -> bool) -> Result<TickOutcome> {
    tick_with(conn, goes_on, &mut Refusals::default())
}

/// Like [`tick_while`], with what earlier ticks recorded about schedules that the database refuses.
pub fn tick_with(
    conn: &mut PgConnection,
    goes_on: &mut dyn FnMut() -> bool,
    refusals: &mut Refusals,
) -> Result<TickOutcome> {
    let mut outcome = TickOutcome::default();
    let mut size = FIRST_BATCH;
    let began = Instant::now();
    while refusals.all_wait().is_none() && goes_on() {
        let except = [&outcome.held[..], &refusals.waiting()].concat();
        let (ids, error) = match decide_batch(conn, size, &except) {
            Ok(Batch::Empty { remaining }) => {
                outcome.next_due = remaining.next_due;
                outcome.held.extend(remaining.held);
                refusals.tried_all_since(began);
                break;
            }
            Ok(Batch::Decided { ids, decided }) => {
                outcome.add(&decided);
                refusals.settled(&ids, &decided);
                size = (size * 2).min(FULL_BATCH);
                continue;
            }
            Err(BatchError::TooEarly) => continue,
            Err(BatchError::Uncertain(ids)) => {
                outcome.held.extend(ids);
                continue;
            }
            Err(BatchError::Other(error)) => return Err(error),
            Err(BatchError::Refused { ids, error }) => (ids, error),
        };
        let [id] = ids[..] else {
            size = ids.len() as i64 / 2;
            continue;
        };
        size = 1;
        if Fault::of(&error) == Fault::Held {
            outcome.held.push(id);
            tracing::warn!(schedule = id.0, %error, "a schedule waited for too long");
        } else {
            refuse(conn, id, &error, refusals, &mut outcome)?;
        }
    }
    outcome.refused = refusals.ids();
    outcome.retry_in = refusals.all_wait().or_else(|| refusals.next_try());
    outcome.alarm = refusals.alarm();
    Ok(outcome)
}

/// Records that the database refused a schedule, or fails the schedule if the rules allow it.
fn refuse(
    conn: &mut PgConnection,
    id: ScheduleId,
    error: &DieselError,
    refusals: &mut Refusals,
    outcome: &mut TickOutcome,
) -> Result<()> {
    let all_wait = refusals.refuse(id, error);
    let state = SqlState::of(error).map(tracing::field::debug);
    if refusals.may_fail(id) && refusals.another_succeeded(id, queries::opens_ticket(conn, id)?) {
        match fail(conn, id) {
            Ok(decided) => {
                outcome.add(&decided);
                refusals.gave_up(id);
                tracing::error!(schedule = id.0, state, %error, "a schedule cannot be carried out and fails");
                return Ok(());
            }
            Err(error) => {
                tracing::error!(schedule = id.0, %error, "a refused schedule cannot be failed either")
            }
        }
    }
    tracing::error!(
        schedule = id.0, state, %error, all_wait, "the database refuses a schedule, which stays due and is tried again"
    );
    Ok(())
}

impl TickOutcome {
    fn add(&mut self, decided: &Decided) {
        self.completed += decided.completed;
        self.failed += decided.failed;
    }
}

enum Batch {
    Decided { ids: Vec<ScheduleId>, decided: Decided },
    Empty { remaining: Remaining },
}

enum BatchError {
    /// The database refused to settle these.
    Refused {
        ids: Vec<ScheduleId>,
        error: DieselError,
    },
    /// The database's clock was set back, so the claimed schedules are not due soon.
    TooEarly,
    /// These have a recipient who is being changed by another transaction.
    Uncertain(Vec<ScheduleId>),
    Other(Error),
}

/// Why a batch is rolled back.
enum RollbackReason {
    Statement(DieselError),
    TooEarly,
    Uncertain(Vec<ScheduleId>),
    Other(Error),
}

impl From<DieselError> for RollbackReason {
    fn from(error: DieselError) -> Self {
        Self::Statement(error)
    }
}

/// One transaction: claims, decides and announces at most `size` schedules. It commits when the last of them
/// is due, not before.
fn decide_batch(conn: &mut PgConnection, size: i64, except: &[ScheduleId]) -> Result<Batch, BatchError> {
    let mut claimed = Vec::new();
    let outcome = conn.transaction(|conn| {
        let Claimed { ids, are_ahead } = queries::claim_due(conn, size, except)?;
        if ids.is_empty() {
            return Ok(Batch::Empty { remaining: queries::remaining(conn, except)? });
        }
        claimed.clone_from(&ids);
        let decided = queries::decide(conn, &ids, None, Trigger::DueTime)?;
        if !decided.uncertain.is_empty() {
            return Err(RollbackReason::Uncertain(decided.uncertain));
        }
        announce_decided(conn, ids.clone(), &decided).map_err(RollbackReason::Other)?;
        if are_ahead && !wait_until_due(conn, &ids)? {
            return Err(RollbackReason::TooEarly);
        }
        Ok(Batch::Decided { ids, decided })
    });
    outcome.map_err(|undone| match undone {
        RollbackReason::TooEarly => BatchError::TooEarly,
        RollbackReason::Uncertain(ids) => BatchError::Uncertain(ids),
        RollbackReason::Other(error) => BatchError::Other(error),
        RollbackReason::Statement(error) if claimed.is_empty() || Fault::of(&error) == Fault::Connection => {
            BatchError::Other(error.into())
        }
        RollbackReason::Statement(error) => BatchError::Refused { ids: claimed, error },
    })
}

/// Waits until all are due. Returns `false` if that would take longer than [`AHEAD`]: then the database's
/// clock was set back.
fn wait_until_due(conn: &mut PgConnection, ids: &[ScheduleId]) -> QueryResult<bool> {
    loop {
        let left = queries::until_due(conn, ids)?;
        if left.is_zero() {
            return Ok(true);
        }
        if left > AHEAD {
            return Ok(false);
        }
        thread::sleep(left.saturating_sub(DUE_QUERY_TIME));
    }
}

/// Fails a schedule that the database refused to carry out.
fn fail(conn: &mut PgConnection, id: ScheduleId) -> Result<Decided> {
    conn.transaction(|conn| {
        if !queries::claim_one(conn, id)? {
            return Ok(Decided::default());
        }
        settle(conn, id, Some(FailureReason::Internal), Trigger::DueTime)
    })
}

/// Decides one claimed schedule and announces it. With a `reason`, it fails for it.
///
/// # Errors
/// `Collision` if another transaction is changing a recipient: the caller must roll back.
pub(super) fn settle(
    conn: &mut PgConnection,
    id: ScheduleId,
    reason: Option<FailureReason>,
    trigger: Trigger<'_>,
) -> Result<Decided> {
    let decided = queries::decide(conn, &[id], reason, trigger)?;
    if !decided.uncertain.is_empty() {
        return Err(Error::Collision("a recipient was changed in between".into()));
    }
    announce_decided(conn, vec![id], &decided)?;
    Ok(decided)
}

fn announce_decided(conn: &mut PgConnection, ids: Vec<ScheduleId>, decided: &Decided) -> Result<()> {
    if let Some((first, last)) = decided.notifications {
        announce(conn, &Event::Notified(first, last))?;
    }
    if !decided.contacts.is_empty() {
        announce(conn, &Event::ConversationsChanged(decided.contacts.clone()))?;
    }
    if decided.has_queued {
        announce(conn, &Event::MessagesQueued)?;
    }
    announce(conn, &Event::SchedulesChanged(ids))
}
