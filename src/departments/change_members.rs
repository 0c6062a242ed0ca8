//! Adds and removes members of departments.

use diesel::pg::PgConnection;
use serde_json::json;

use super::{queries, self_access};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::handover::{LeaveOutcome, LeaveRequest};
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::users;

/// `false` if `by` would see conversations that they could not see before.
pub fn add_member(conn: &mut PgConnection, id: DepartmentId, user: UserId, by: &Account) -> Result<bool> {
    queries::find(conn, id)?;
    if !users::exists(conn, user)? {
        return Err(Error::NotFound);
    }
    if queries::is_member(conn, id, user)? {
        return Ok(true);
    }
    if !self_access::may_add(conn, by, user, id)? {
        return Ok(false);
    }
    if queries::add(conn, id, user)? {
        record_membership(conn, Action::MemberAdded, id, user, by)?;
    }
    Ok(true)
}

pub fn remove_member(
    conn: &mut PgConnection,
    leave: &LeaveRequest,
    id: DepartmentId,
    by: &Account,
) -> Result<LeaveOutcome> {
    if !queries::is_member(conn, id, leave.user)? {
        queries::find(conn, id)?;
        return if users::exists(conn, leave.user)? { Ok(LeaveOutcome::Done) } else { Err(Error::NotFound) };
    }
    let outcome = leave.carry_out(conn, by)?;
    if matches!(outcome, LeaveOutcome::Done) && queries::remove(conn, id, leave.user)? {
        record_membership(conn, Action::MemberRemoved, id, leave.user, by)?;
    }
    Ok(outcome)
}

/// Records the change and makes the user's open pages check again what they may see.
pub fn record_membership(
    conn: &mut PgConnection,
    action: Action,
    id: DepartmentId,
    user: UserId,
    by: &Account,
) -> Result<()> {
    let entry = audit::Entry::of(action).by(by).about(Some(id.0)).with(json!({ "user_id": user }));
    audit::record(conn, &entry)?;
    live::announce(conn, &Event::RightsChanged(vec![user]))
}
