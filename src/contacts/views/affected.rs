//! The records that are affected when a contact is archived or anonymised.

use diesel::pg::PgConnection;

use crate::auth::Account;
use crate::contacts::queries::{self, PendingSchedule};
use crate::error::Result;
use crate::ids::ContactId;
use crate::tickets;

/// The pending schedules and the open ticket of a contact, which are affected when it is archived or
/// anonymised.
pub struct AffectedRecords {
    pub schedules: Vec<AffectedSchedule>,
    /// Number of pending schedules beyond those shown.
    pub more: i64,
    /// The protocol of the open ticket.
    pub open_ticket: Option<i64>,
}

pub struct AffectedSchedule {
    pub page: Option<String>,
    pub due: String,
    pub action: &'static str,
    pub department: String,
}

impl AffectedRecords {
    pub fn load(conn: &mut PgConnection, account: &Account, contact: ContactId) -> Result<Self> {
        let open = tickets::open_ticket_of(conn, contact)?.map(|ticket| ticket.protocol);
        Ok(Self::new(account, queries::pending_schedules(conn, contact)?, open))
    }

    pub fn new(account: &Account, pending: Vec<PendingSchedule>, open_ticket: Option<i64>) -> Self {
        let more = pending.first().map_or(0, |first| first.total) - pending.len() as i64;
        let row = |schedule: PendingSchedule| AffectedSchedule {
            page: account.can_schedule().then(|| format!("/schedules/{}", schedule.id)),
            due: account.zone.date_time(schedule.due_at),
            action: schedule.action.label(),
            department: schedule.department,
        };
        Self { schedules: pending.into_iter().map(row).collect(), more, open_ticket }
    }

    pub fn is_empty(&self) -> bool {
        self.schedules.is_empty() && self.open_ticket.is_none()
    }
}
