//! Cancels a pending schedule.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action as Audited};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::text::too_long;

/// Why a schedule is cancelled: at most 500 characters, may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub const LIMIT: usize = 500;

    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.chars().count() {
            used if used > Self::LIMIT => Err(too_long(used, Self::LIMIT)),
            _ => Ok(Self(text.into())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cancels a schedule in the caller's transaction. Returns `false` if the schedule is no longer pending.
pub fn cancel(conn: &mut PgConnection, by: &Account, id: ScheduleId, reason: &Reason) -> Result<bool> {
    queries::detail(conn, by, id)?;
    if !queries::cancel(conn, id, by.id, reason)? {
        return Ok(false);
    }
    audit::record(conn, &audit::Entry::of(Audited::ScheduleCancelled).by(by).about(Some(id.0)))?;
    live::announce(conn, &Event::SchedulesChanged(vec![id]))?;
    Ok(true)
}

/// Cancels those of `ids` that are still pending, and returns them.
pub fn cancel_all(
    conn: &mut PgConnection,
    by: &Account,
    ids: &[ScheduleId],
    reason: &Reason,
) -> Result<Vec<ScheduleId>> {
    let cancelled = queries::cancel_all(conn, ids, by.id, reason)?;
    for id in &cancelled {
        audit::record(conn, &audit::Entry::of(Audited::ScheduleCancelled).by(by).about(Some(id.0)))?;
    }
    if !cancelled.is_empty() {
        live::announce(conn, &Event::SchedulesChanged(cancelled.clone()))?;
    }
    Ok(cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_refused() {
        assert_eq!(Reason::parse(" ligou ").unwrap().as_str(), "ligou");
        assert!(Reason::parse(&"é".repeat(500)).is_ok());
        assert!(Reason::parse(&"é".repeat(501)).is_err());
    }
}
