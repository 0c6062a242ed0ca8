//! One tick: everything that is due now is decided, batch after batch; and what is due within a few
//! milliseconds too, so that at its time only the commit is left to do.
//!
//! What can go wrong: the database refuses a row, which must not stop the others. The batch is then
//! halved down to that row; a row that is refused twice alone fails as `internal`, and the log says
//! why. A row that had to wait for somebody until a time-out is nobody's fault: it stays due for the
//! next tick. So does one that cannot even be failed.

use std::thread;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::queries::{self, Claimed, Decided, Order};
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::live::{Event, announce};
use crate::schedules::FailureReason;

/// A statement over so many takes about 50 ms.
const FULL_BATCH: i64 = 500;

/// The first batch of a tick is small, so that the first of many come nearly as soon as a single one; each
/// other is twice as large, up to the full size.
const FIRST_BATCH: i64 = 25;

/// Deadlocks and time-outs are found after a second or more, what is wrong with a row at once.
const SLOW: Duration = Duration::from_millis(900);

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub completed: i64,
    pub failed: i64,
    /// Still due, for the database would not settle them.
    pub refused: Vec<ScheduleId>,
    /// How long until the next schedule is due; zero if somebody else holds one that is.
    pub next_due: Option<Duration>,
}

/// Decides everything that is due now.
///
/// # Errors
/// The database is unreachable. What was decided before stays decided.
pub fn tick(conn: &mut PgConnection) -> Result<Outcome> {
    tick_while(conn, &mut || true)
}

/// The same, as long as `goes_on`, which is asked before each batch.
///
/// # Errors
/// As [`tick`].
pub fn tick_while(conn: &mut PgConnection, goes_on: &mut dyn FnMut() -> bool) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut size = FIRST_BATCH;
    let mut suspect = None;
    while goes_on() {
        let (ids, error) = match decide_batch(conn, size, &outcome.refused) {
            Ok(Batch::Empty { next_due }) => {
                outcome.next_due = next_due;
                break;
            }
            Ok(Batch::Decided(decided)) => {
                outcome.add(&decided);
                size = (size * 2).min(FULL_BATCH);
                continue;
            }
            Err(Trouble::Other(error)) => return Err(error),
            Err(Trouble::Refused { ids, error, is_slow: false }) => (ids, error),
            Err(Trouble::Refused { ids, error, is_slow: true }) => {
                tracing::warn!(%error, rows = ids.len(), "a batch waited for too long");
                if let [id] = ids[..] {
                    outcome.refused.push(id);
                }
                size = (ids.len() as i64 / 2).max(1);
                continue;
            }
        };
        let [id] = ids[..] else {
            size = ids.len() as i64 / 2;
            continue;
        };
        size = 1;
        if suspect.replace(id) == Some(id) {
            tracing::error!(schedule = id.0, %error, "a schedule cannot be carried out and fails");
            fail(conn, id, &mut outcome);
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn add(&mut self, decided: &Decided) {
        self.completed += decided.completed;
        self.failed += decided.failed;
    }
}

enum Batch {
    Decided(Decided),
    Empty { next_due: Option<Duration> },
}

enum Trouble {
    /// The database would not settle these.
    Refused {
        ids: Vec<ScheduleId>,
        error: DieselError,
        is_slow: bool,
    },
    Other(crate::Error),
}

impl<E: Into<crate::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// One transaction: claims, decides and announces at most `size` schedules. It ends, and all of it becomes
/// true, at the earliest when they are due.
fn decide_batch(conn: &mut PgConnection, size: i64, except: &[ScheduleId]) -> Result<Batch, Trouble> {
    conn.transaction(|conn| {
        let Claimed { ids, are_ahead } = queries::claim_due(conn, size, except)?;
        if ids.is_empty() {
            return Ok(Batch::Empty { next_due: queries::next_due(conn, except)? });
        }
        let began = Instant::now();
        match queries::decide(conn, &ids, None, Order::Time) {
            Ok(decided) => {
                announce_decided(conn, ids.clone(), &decided)?;
                if are_ahead {
                    thread::sleep(queries::until_due(conn, &ids)?);
                }
                Ok(Batch::Decided(decided))
            }
            Err(error) if is_about_the_connection(&error) => Err(error.into()),
            Err(error) => Err(Trouble::Refused { ids, error, is_slow: began.elapsed() > SLOW }),
        }
    })
}

/// Fails a schedule that the database would not carry out.
fn fail(conn: &mut PgConnection, id: ScheduleId, outcome: &mut Outcome) {
    let failed: Result<Decided> = conn.transaction(|conn| {
        if !queries::claim_one(conn, id)? {
            return Ok(Decided::default());
        }
        let decided = queries::decide(conn, &[id], Some(FailureReason::Internal), Order::Time)?;
        announce_decided(conn, vec![id], &decided)?;
        Ok(decided)
    });
    match failed {
        Ok(decided) => outcome.add(&decided),
        Err(error) => {
            tracing::error!(schedule = id.0, %error, "a schedule can be neither carried out nor failed");
            outcome.refused.push(id);
        }
    }
}

pub(super) fn announce_decided(
    conn: &mut PgConnection,
    ids: Vec<ScheduleId>,
    decided: &Decided,
) -> Result<()> {
    if let Some((first, last)) = decided.notifications {
        announce(conn, &Event::Notified(first, last))?;
    }
    if !decided.contacts.is_empty() {
        announce(conn, &Event::ConversationsChanged(decided.contacts.clone()))?;
    }
    announce(conn, &Event::SchedulesChanged(ids))
}

/// Whether another try on this connection could not do better.
fn is_about_the_connection(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, UnableToSendCommand};
    match error {
        DieselError::DatabaseError(kind, _) => {
            matches!(kind, ClosedConnection | ReadOnlyTransaction | UnableToSendCommand)
        }
        _ => true,
    }
}
