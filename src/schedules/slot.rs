//! Whether a wanted time can be had, as the form tells while it is filled in.

use diesel::pg::PgConnection;

use super::draft::Facts;
use super::form::{Due, Typed};
use super::queries;
use super::spacing::Conflict;
use crate::error::Result;
use crate::ids::ScheduleId;

/// What is known of the time in a form.
#[derive(Clone, Debug)]
pub struct Slot {
    pub due: Due,
    /// What is in the way.
    pub conflict: Option<Conflict>,
    /// Whether the spacing could be judged: enough was chosen to know among which schedules it counts.
    pub is_judged: bool,
    /// Whether it is the place that the schedule has, near to another since the company's spacing grew: it
    /// may stay there.
    pub stays_near: bool,
}

/// Judges the time that was typed, beside all pending schedules but `except`.
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
