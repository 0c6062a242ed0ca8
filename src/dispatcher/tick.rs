//! One tick: everything that is due now is decided, batch after batch; and what is due within a few
//! milliseconds too, so that at its time only the commit is left to do.
//!
//! What can go wrong: the database refuses a row, which must not stop the others. The batch is then
//! halved down to that row, which stays due (see `refusals`). So does a row that had to wait for somebody until a
//! time-out, and is tried again with the next tick. Somebody who would be told leaves in this moment, or gets
//! another role: the batch is undone and tried without those of whom they would be told, which wait for the next
//! tick. The database's clock is set back while a decision waits for its time: it is undone.

use std::thread;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::queries::{self, AHEAD, Claimed, Decided, Left, Order};
use super::refusals::{Alarm, Fault, Refusals};
use crate::db::SqlState;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::live::{Event, announce};
use crate::schedules::FailureReason;

/// A statement over so many takes about 50 ms.
const FULL_BATCH: i64 = 500;

/// The first batch of a tick is small, so that the first of many come nearly as soon as a single one; each
/// other is twice as large, up to the full size.
const FIRST_BATCH: i64 = 25;

/// About how long the database takes to say how long is left until a due time.
const ASKING: Duration = Duration::from_micros(150);

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub completed: i64,
    pub failed: i64,
    /// Still due, for somebody else holds what they need.
    pub held: Vec<ScheduleId>,
    /// Still due, for the database refuses them.
    pub refused: Vec<ScheduleId>,
    /// How long until the next schedule is due that is not due yet.
    pub next_due: Option<Duration>,
    /// How long until one that was refused may be tried again.
    pub retry_in: Option<Duration>,
    pub alarm: Option<Alarm>,
}

/// Decides everything that is due now.
///
/// # Errors
/// The database is unreachable. What was decided before stays decided.
pub fn tick(conn: &mut PgConnection) -> Result<Outcome> {
    tick_while(conn, &mut || true)
}

/// The same, as long as `goes_on`, which is asked before each batch.
pub fn tick_while(conn: &mut PgConnection, goes_on: &mut dyn FnMut() -> bool) -> Result<Outcome> {
    tick_with(conn, goes_on, &mut Refusals::default())
}

/// The same, with what earlier ticks know of schedules that the database refuses.
pub fn tick_with(
    conn: &mut PgConnection,
    goes_on: &mut dyn FnMut() -> bool,
    refusals: &mut Refusals,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut size = FIRST_BATCH;
    let began = Instant::now();
    while refusals.all_wait().is_none() && goes_on() {
        let except = [&outcome.held[..], &refusals.waiting()].concat();
        let (ids, error) = match decide_batch(conn, size, &except) {
            Ok(Batch::Empty { left }) => {
                outcome.next_due = left.next_due;
                outcome.held.extend(left.held);
                refusals.tried_all_since(began);
                break;
            }
            Ok(Batch::Decided { ids, decided }) => {
                outcome.add(&decided);
                refusals.settled(&ids, &decided);
                size = (size * 2).min(FULL_BATCH);
                continue;
            }
            Err(Trouble::TooEarly) => continue,
            Err(Trouble::Uncertain(ids)) => {
                outcome.held.extend(ids);
                continue;
            }
            Err(Trouble::Other(error)) => return Err(error),
            Err(Trouble::Refused { ids, error }) => (ids, error),
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

/// Keeps a schedule that the database refuses, or fails it at last.
fn refuse(
    conn: &mut PgConnection,
    id: ScheduleId,
    error: &DieselError,
    refusals: &mut Refusals,
    outcome: &mut Outcome,
) -> Result<()> {
    let all_wait = refusals.refuse(id, error);
    let state = SqlState::of(error).map(tracing::field::debug);
    if refusals.may_fail(id) && refusals.others_succeed(id, queries::opens_ticket(conn, id)?) {
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

impl Outcome {
    fn add(&mut self, decided: &Decided) {
        self.completed += decided.completed;
        self.failed += decided.failed;
    }
}

enum Batch {
    Decided { ids: Vec<ScheduleId>, decided: Decided },
    Empty { left: Left },
}

enum Trouble {
    /// The database would not settle these.
    Refused {
        ids: Vec<ScheduleId>,
        error: DieselError,
    },
    /// The database's clock was set back: what was claimed is not due for long.
    TooEarly,
    /// Who would be told of these is being changed.
    Uncertain(Vec<ScheduleId>),
    Other(Error),
}

/// Why a batch is undone.
enum Undone {
    Statement(DieselError),
    TooEarly,
    Uncertain(Vec<ScheduleId>),
    Other(Error),
}

impl From<DieselError> for Undone {
    fn from(error: DieselError) -> Self {
        Self::Statement(error)
    }
}

/// One transaction: claims, decides and announces at most `size` schedules. It ends, and all of it becomes
/// true, at the earliest when they are due.
fn decide_batch(conn: &mut PgConnection, size: i64, except: &[ScheduleId]) -> Result<Batch, Trouble> {
    let mut claimed = Vec::new();
    let outcome = conn.transaction(|conn| {
        let Claimed { ids, are_ahead } = queries::claim_due(conn, size, except)?;
        if ids.is_empty() {
            return Ok(Batch::Empty { left: queries::left(conn, except)? });
        }
        claimed.clone_from(&ids);
        let decided = queries::decide(conn, &ids, None, Order::Time)?;
        if !decided.uncertain.is_empty() {
            return Err(Undone::Uncertain(decided.uncertain));
        }
        announce_decided(conn, ids.clone(), &decided).map_err(Undone::Other)?;
        if are_ahead && !wait_until_due(conn, &ids)? {
            return Err(Undone::TooEarly);
        }
        Ok(Batch::Decided { ids, decided })
    });
    outcome.map_err(|undone| match undone {
        Undone::TooEarly => Trouble::TooEarly,
        Undone::Uncertain(ids) => Trouble::Uncertain(ids),
        Undone::Other(error) => Trouble::Other(error),
        Undone::Statement(error) if claimed.is_empty() || Fault::of(&error) == Fault::Connection => {
            Trouble::Other(error.into())
        }
        Undone::Statement(error) => Trouble::Refused { ids: claimed, error },
    })
}

/// Waits until all are due; `false` if that takes longer than they were claimed ahead, for then the database's clock
/// was set back.
fn wait_until_due(conn: &mut PgConnection, ids: &[ScheduleId]) -> QueryResult<bool> {
    loop {
        let left = queries::until_due(conn, ids)?;
        if left.is_zero() {
            return Ok(true);
        }
        if left > AHEAD {
            return Ok(false);
        }
        thread::sleep(left.saturating_sub(ASKING));
    }
}

/// Fails a schedule that the database would not carry out.
fn fail(conn: &mut PgConnection, id: ScheduleId) -> Result<Decided> {
    conn.transaction(|conn| {
        if !queries::claim_one(conn, id)? {
            return Ok(Decided::default());
        }
        settle(conn, id, Some(FailureReason::Internal), Order::Time)
    })
}

/// Decides one claimed schedule and announces it; with a `reason`, it fails for it.
///
/// # Errors
/// `Collision` if somebody who would be told is being changed in this moment: the transaction must be undone.
pub(super) fn settle(
    conn: &mut PgConnection,
    id: ScheduleId,
    reason: Option<FailureReason>,
    order: Order<'_>,
) -> Result<Decided> {
    let decided = queries::decide(conn, &[id], reason, order)?;
    if !decided.uncertain.is_empty() {
        return Err(Error::Collision("who is told was changed in between".into()));
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
    announce(conn, &Event::SchedulesChanged(ids))
}
