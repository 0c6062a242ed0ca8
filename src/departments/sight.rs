//! Nobody leads conversations to themself in silence: not by joining a department, nor by what sends work there.
//!
//! Whoever attends every ticket sees all of them anyway. Whom somebody let in, by a link that they saw, counts as
//! themself.

use diesel::pg::PgConnection;

use super::queries;
use crate::auth::{Permission, Person};
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};

/// What pages say to whoever would join a department.
pub const NOT_ONESELF: &str =
    "Quem inclui não pode passar a ver conversas por conta própria. Peça a outra pessoa para incluir.";

/// Whether `who` may make `user` a member of `department`.
pub fn may_add(
    conn: &mut PgConnection,
    who: &Person,
    user: UserId,
    department: DepartmentId,
) -> Result<bool> {
    if attends_all_of(who, department) {
        return Ok(true);
    }
    Ok(user != who.id && !crate::users::was_let_in_by(conn, user, who.id)?)
}

/// Whether `who` may send to the department `to` what has waited in `from` so far: not to one of their own, unless
/// they attended it there too.
pub fn may_lead(conn: &mut PgConnection, who: &Person, from: DepartmentId, to: DepartmentId) -> Result<bool> {
    Ok(attends_all_of(who, from) || !queries::reached_by(conn, who.id)?.contains(&to))
}

/// Whether `who` may let the contacts of the department `from` fall to whatever channel they write on: its default
/// department takes those whose own is inactive.
pub fn may_close(conn: &mut PgConnection, who: &Person, from: DepartmentId) -> Result<bool> {
    if attends_all_of(who, from) {
        return Ok(true);
    }
    let reached = queries::reached_by(conn, who.id)?;
    Ok(!queries::first_queues(conn, from)?.iter().any(|queue| reached.contains(queue)))
}

/// Whether `who` sees the conversations of that department as it is.
fn attends_all_of(who: &Person, department: DepartmentId) -> bool {
    who.may(Permission::TicketsAll) || (who.may(Permission::Tickets) && who.departments.contains(&department))
}
