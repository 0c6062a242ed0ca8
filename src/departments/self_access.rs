//! Users cannot give themselves access to conversations, neither by joining a department nor by sending work
//! to their own. Somebody else has to do it.
//!
//! This does not apply to users who attend all tickets, because they see everything. The maker of a
//! user's access link sees it, and could use it in the user's place. So the two count as one person here.

use diesel::pg::PgConnection;

use super::queries;
use crate::auth::{Account, Permission};
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};

/// Shown to users who try to add themselves to a department.
pub const NOT_SELF: &str =
    "Quem inclui não pode passar a ver conversas por conta própria. Peça a outra pessoa para incluir.";

/// Whether `who` may make `user` a member of `department`.
pub fn may_add(
    conn: &mut PgConnection,
    who: &Account,
    user: UserId,
    department: DepartmentId,
) -> Result<bool> {
    if attends_all_of(who, department) {
        return Ok(true);
    }
    Ok(user != who.id && !crate::users::was_invited_by(conn, user, who.id)?)
}

/// Whether `who` may send the work of `from` to the department `to`. If `to` is one of theirs, they must
/// attend `from` too.
pub fn may_send_work(
    conn: &mut PgConnection,
    who: &Account,
    from: DepartmentId,
    to: DepartmentId,
) -> Result<bool> {
    Ok(attends_all_of(who, from) || !queries::departments_accessible_to(conn, who.id)?.contains(&to))
}

/// Whether `who` may deactivate the department `from`. Its contacts' next messages then go to the default
/// departments of their channels, so none of those may be one of theirs.
pub fn may_deactivate(conn: &mut PgConnection, who: &Account, from: DepartmentId) -> Result<bool> {
    if attends_all_of(who, from) {
        return Ok(true);
    }
    let accessible = queries::departments_accessible_to(conn, who.id)?;
    Ok(!queries::default_departments_except(conn, from)?.iter().any(|queue| accessible.contains(queue)))
}

/// Whether `who` already sees all conversations of that department.
fn attends_all_of(who: &Account, department: DepartmentId) -> bool {
    who.may(Permission::TicketsAll) || (who.may(Permission::Tickets) && who.departments.contains(&department))
}
