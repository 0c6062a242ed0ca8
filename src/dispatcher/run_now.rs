//! "Disparar agora": a person runs one pending schedule before its time.
//!
//! The same statement decides as at the due time. If the schedule would fail, for example because a ticket is
//! open, the decision is undone: the schedule stays pending, and the person sees the reason.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::queries::{self, Trigger};
use super::tick::settle;
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::schedules::FailureReason;

/// The result of running a schedule now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    Done,
    /// It would fail for this reason, so nothing was changed.
    Refused(FailureReason),
    /// It was no longer pending.
    NotPending,
}

/// Why the decision is undone.
enum RollbackReason {
    Refused(FailureReason),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for RollbackReason {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs the schedule within the caller's transaction. Waits for transactions that have locked the schedule or
/// its contact.
pub fn run_now(conn: &mut PgConnection, id: ScheduleId, by: &Account) -> Result<RunOutcome> {
    if !queries::lock_pending(conn, id)? {
        return Ok(RunOutcome::NotPending);
    }
    let decided = conn.transaction(|conn| {
        settle(conn, id, None, Trigger::User(by))?;
        match queries::failure_of(conn, id)? {
            Some(reason) => Err(RollbackReason::Refused(reason)),
            None => Ok(()),
        }
    });
    match decided {
        Ok(()) => Ok(RunOutcome::Done),
        Err(RollbackReason::Refused(reason)) => Ok(RunOutcome::Refused(reason)),
        Err(RollbackReason::Failed(error)) => Err(error),
    }
}
