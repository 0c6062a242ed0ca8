//! "Disparar agora": one pending schedule, done at a person's word and before its time.
//!
//! The same statement decides as at the due time. What it would fail, such as an open ticket, is undone:
//! the schedule stays pending, and the person is told why.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::queries::{self, Order};
use super::tick::settle;
use crate::error::{Error, Result};
use crate::ids::{ScheduleId, UserId};
use crate::schedules::FailureReason;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunNow {
    Done,
    /// It would fail for this reason, so nothing was done.
    Refused(FailureReason),
    /// It has come to its end before.
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

/// Does it, within the caller's transaction. Waits for whoever holds the schedule or its contact.
pub fn run_now(conn: &mut PgConnection, id: ScheduleId, by: UserId, ip: &str) -> Result<RunNow> {
    if !queries::lock_pending(conn, id)? {
        return Ok(RunNow::NotPending);
    }
    let decided = conn.transaction(|conn| {
        settle(conn, id, None, Order::Person { by, ip })?;
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
