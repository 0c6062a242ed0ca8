//! "Disparar agora": a person runs one pending schedule before its time.
//!
//! The same statement decides as at the due time. If the schedule would fail, for example because a ticket is
//! open, the decision is undone: the schedule stays pending, and the person sees the reason.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::queries::{self, Order};
use super::tick::settle;
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::schedules::FailureReason;

/// The result of running a schedule now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunNow {
    Done,
    /// It would fail for this reason, so nothing was changed.
    Refused(FailureReason),
    /// It was no longer pending.
    NotPending,
}

/// Why the decision is undone.
enum Undone {
    Refused(FailureReason),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs the schedule within the caller's transaction. Waits for transactions that have locked the schedule or
/// its contact.
pub fn run_now(conn: &mut PgConnection, id: ScheduleId, by: &Account) -> Result<RunNow> {
    if !queries::lock_pending(conn, id)? {
        return Ok(RunNow::NotPending);
    }
    let decided = conn.transaction(|conn| {
        settle(conn, id, None, Order::Person(by))?;
        match queries::failure_of(conn, id)? {
            Some(reason) => Err(Undone::Refused(reason)),
            None => Ok(()),
        }
    });
    match decided {
        Ok(()) => Ok(RunNow::Done),
        Err(Undone::Refused(reason)) => Ok(RunNow::Refused(reason)),
        Err(Undone::Failed(error)) => Err(error),
    }
}
