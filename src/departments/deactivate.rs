//! Deactivates a department: sends its channels and its work to others.

use diesel::pg::PgConnection;
use serde_json::json;

use super::change_members::record_membership;
use super::queries::{self, Channel, Other};
use super::self_access;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::schedules::handover::{self, Clash};
use crate::tickets;

/// The departments chosen to take over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Destinations {
    /// Receives the first messages of the channels.
    pub channels: Option<DepartmentId>,
    /// Receives the pending schedules and open tickets; `None` if they stay.
    pub work: Option<DepartmentId>,
}

/// Why the department was not deactivated.
pub enum DeactivationRefusal {
    /// Channels need another department, but no other is active.
    LastDepartment,
    /// No other department was chosen for the channels.
    NoChannelDestination,
    /// The department chosen for the work is not another active one.
    InvalidWorkDestination,
    /// These schedules would be too close to others in the chosen department.
    TooNear(Vec<Clash>),
    /// The user who deactivates would see conversations that they could not see before.
    SelfAccess(AccessGain),
}

/// What would give conversations to the user who deactivates the department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessGain {
    /// First messages would wait in one of their departments.
    Channels,
    /// The work would go to one of their departments, or they would join the receiving department as its
    /// attendant.
    Work,
    /// Without this department, its customers' next messages would go to the default department of their
    /// channel, which is one of theirs.
    NextMessages,
}

impl Destinations {
    /// Why the department cannot be deactivated with this choice, if so.
    fn refusal(self, channels: &[Channel], others: &[Other]) -> Option<DeactivationRefusal> {
        let is_other = |id: &DepartmentId| others.iter().any(|other| other.id == *id);
        if !channels.is_empty() && !self.channels.as_ref().is_some_and(is_other) {
            return Some(match others.is_empty() {
                true => DeactivationRefusal::LastDepartment,
                false => DeactivationRefusal::NoChannelDestination,
            });
        }
        let is_invalid = self.work.is_some_and(|to| !is_other(&to));
        is_invalid.then_some(DeactivationRefusal::InvalidWorkDestination)
    }
}

pub fn deactivate(
    conn: &mut PgConnection,
    id: DepartmentId,
    destinations: Destinations,
    by: &Account,
) -> Result<Result<(), DeactivationRefusal>> {
    queries::lock_for_deactivation(conn, id)?;
    if !queries::find(conn, id)?.is_active {
        return Ok(Ok(()));
    }
    let others = queries::active_others(conn, id)?;
    let channels = queries::channels(conn, id)?;
    if let Some(refusal) = destinations.refusal(&channels, &others) {
        return Ok(Err(refusal));
    }
    let channels_to = destinations.channels.filter(|_| !channels.is_empty());
    if let Some(gain) = access_gained(conn, by, id, channels_to, destinations.work)? {
        return Ok(Err(DeactivationRefusal::SelfAccess(gain)));
    }
    let mut details = json!({});
    if let Some(to) = destinations.work {
        let handovers = [handover::Handover::Department { of: id, to }];
        let moved = match handover::hand_over(conn, &handovers, by)? {
            Ok(moved) => moved,
            Err(clashes) => return Ok(Err(DeactivationRefusal::TooNear(clashes))),
        };
        for user in queries::enrol_attendants(conn, to, &moved)? {
            record_membership(conn, Action::MemberAdded, to, user, by)?;
        }
        let tickets = tickets::hand_over(conn, tickets::Handover::Department { of: id, to }, by)?;
        details = json!({ "to": to, "schedules_moved": moved.len(), "tickets_moved": tickets });
    }
    if let Some(to) = channels_to {
        queries::redirect(conn, &channels, to)?;
        for channel in &channels {
            let entry = audit::Entry::of(Action::ChannelRedirected).by(by).about(Some(channel.id.0));
            audit::record(conn, &entry.with(json!({ "department_id": to })))?;
        }
    }
    queries::deactivate(conn, id)?;
    let entry = audit::Entry::of(Action::DepartmentDeactivated).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok(()))
}

/// What would let `by` see conversations that they could not see before, if anything.
fn access_gained(
    conn: &mut PgConnection,
    by: &Account,
    from: DepartmentId,
    channels_to: Option<DepartmentId>,
    work_to: Option<DepartmentId>,
) -> Result<Option<AccessGain>> {
    if let Some(to) = channels_to
        && !self_access::may_send_work(conn, by, from, to)?
    {
        return Ok(Some(AccessGain::Channels));
    }
    if let Some(to) = work_to {
        if !self_access::may_send_work(conn, by, from, to)? {
            return Ok(Some(AccessGain::Work));
        }
        for user in queries::attendants_to_enrol(conn, from, to)? {
            if !self_access::may_add(conn, by, user, to)? {
                return Ok(Some(AccessGain::Work));
            }
        }
    }
    Ok((!self_access::may_deactivate(conn, by, from)?).then_some(AccessGain::NextMessages))
}
