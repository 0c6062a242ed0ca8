//! Deactivates a user and hands over their work.

use diesel::pg::PgConnection;
use serde_json::json;

use super::editor_rights::lock_managed;
use super::queries::{self, Standing};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::handover::{self, Successors};
use crate::ids::UserId;

/// Why the user was not deactivated.
pub enum DeactivationRefusal {
    Work(handover::HandoverRefusal),
    LastAdministrator,
}

/// Deactivates the user. For an invited user, deletes the link.
///
/// # Errors
/// Violates `last_administrator` for the last active administrator.
pub fn deactivate(
    conn: &mut PgConnection,
    id: UserId,
    successors: &Successors,
    by: &Account,
) -> Result<Result<(), DeactivationRefusal>> {
    if id == by.id {
        return Err(Error::Forbidden);
    }
    // Also locks the users who take over, because users are locked in the order of their ids.
    handover::lock_with_successors(conn, successors, id)?;
    let user = lock_managed(conn, id, by)?;
    if user.standing != Standing::Active {
        if queries::revoke_link(conn, id)? {
            audit::record(conn, &audit::Entry::of(Action::UserDeactivated).by(by).about(Some(id.0)))?;
        }
        return Ok(Ok(()));
    }
    let moved = match handover::hand_over(conn, id, None, successors, by)? {
        Ok(moved) => moved,
        Err(refused) => return Ok(Err(DeactivationRefusal::Work(refused))),
    };
    queries::deactivate(conn, id)?;
    let details = json!({ "schedules_handed_over": moved.schedules, "tickets_handed_over": moved.tickets });
    let entry = audit::Entry::of(Action::UserDeactivated).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok(()))
}
