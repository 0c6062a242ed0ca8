//! Checks whether a wanted time is free, while the form is being filled in and when it is saved.

use diesel::pg::PgConnection;

use super::draft::Facts;
use super::form::{Due, Typed};
use super::queries;
use super::spacing::Conflict;
use crate::error::Result;
use crate::ids::ScheduleId;

/// The result of checking the time in a form.
#[derive(Clone, Debug)]
pub struct Slot {
    pub due: Due,
    /// The schedule that is too close.
    pub conflict: Option<Conflict>,
    /// Whether the spacing could be checked: that needs the fields from which the spacing key is made.
    pub is_judged: bool,
    /// Whether the edited schedule already has this time and is too close to another only because the
    /// company's spacing grew. Then it may stay.
    pub stays_near: bool,
}

/// Checks the typed time against all pending schedules except `except`.
pub fn look(
    conn: &mut PgConnection,
    typed: &Typed,
    facts: &Facts,
    except: Option<ScheduleId>,
) -> Result<Slot> {
    let due = typed.due(facts);
    let spacing = queries::spacing(conn)?;
    let contact = facts.contact.map(|contact| contact.id);
    let key = spacing.key_so_far(facts.department, facts.attendant, contact);
    let (Some(at), Some(key)) = (due.instant(), key) else {
        return Ok(Slot { due, conflict: None, is_judged: false, stays_near: false });
    };
    let wanted = queries::Wanted { key, gap: spacing.gap(), at, except };
    let conflict = queries::conflict(conn, wanted)?;
    let stays_near = match except {
        Some(id) if conflict.is_some() => queries::stands_at(conn, id, at, key)?,
        _ => false,
    };
    Ok(Slot { due, conflict: conflict.filter(|_| !stays_near), is_judged: true, stays_near })
}
