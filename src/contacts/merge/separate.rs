//! Undoes a merge.

use diesel::pg::PgConnection;

use super::merge_contacts::announce;
use super::queries;
use crate::audit::Action;
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::live::{self, Event};

/// Moves back what the merge of `other` has moved, in the caller's transaction.
///
/// # Errors
/// `Conflict` if it was merged more than a day ago, or was not merged, or one of the two contacts has been anonymised or
/// merged again since.
pub fn separate(conn: &mut PgConnection, by: &Account, other: ContactId) -> Result<()> {
    let Some(merge) = queries::separable(conn, other)? else { return Err(Error::Conflict) };
    queries::lock(conn, [merge.kept_id, other])?;
    // Somebody else may have separated them before the lock.
    let Some(merge) = queries::separable(conn, other)? else { return Err(Error::Conflict) };
    let kept = merge.kept_id;
    queries::allow_moving(conn)?;
    queries::restore(conn, &merge, other)?;
    let schedules = queries::move_schedules_back(conn, by, &merge, other)?;
    let tickets = queries::move_tickets_back(conn, &merge, other, &schedules)?;
    queries::move_messages_back(conn, kept, other, &tickets, &schedules)?;
    queries::move_ids_back(conn, &merge, other)?;
    queries::check_moved(conn)?;
    queries::record_separation(conn, merge.id)?;
    announce(conn, Some(by), Action::ContactSeparated, [kept, other])?;
    live::announce(conn, &Event::SchedulesChanged(schedules))
}
