//! Cancels a pending schedule.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action as Audited};
use crate::auth::Viewer;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::live::{self, Event};

/// Why a schedule is cancelled: at most 500 characters, may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub const LIMIT: usize = 500;

    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.chars().count() > Self::LIMIT {
            Err("Use até 500 caracteres.")
        } else {
            Ok(Self(text.into()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cancels a schedule in the caller's transaction. Returns `false` if the schedule is no longer pending.
pub fn cancel(
    conn: &mut PgConnection,
    viewer: &Viewer,
    id: ScheduleId,
    reason: &Reason,
    ip: &str,
) -> Result<bool> {
    queries::detail(conn, viewer, id)?;
    if !queries::cancel(conn, id, viewer.id, reason)? {
        return Ok(false);
    }
    let entry = audit::Entry::of(Audited::ScheduleCancelled).by_user(viewer.id).about(Some(id.0));
    audit::record(conn, &entry.from(ip))?;
    live::announce(conn, &Event::SchedulesChanged(vec![id]))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_whole_or_refused() {
        assert_eq!(Reason::parse(" ligou ").unwrap().as_str(), "ligou");
        assert!(Reason::parse(&"é".repeat(500)).is_ok());
        assert!(Reason::parse(&"é".repeat(501)).is_err());
    }
}
