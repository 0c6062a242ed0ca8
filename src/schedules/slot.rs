//! Checks whether a wanted time is free, while the form is being filled in and when it is saved.

use chrono::{DateTime, Duration, Utc};
use diesel::pg::PgConnection;

use super::draft::Facts;
use super::form::{Due, ScheduleInput};
use super::queries;
use super::spacing::Conflict;
use crate::error::Result;
use crate::ids::ScheduleId;

/// The result of checking the time in a form.
#[derive(Clone, Debug)]
pub struct Slot {
    pub due: Due,
    /// The database's time of the check.
    pub now: DateTime<Utc>,
    /// The spacing key, if the fields from which it is made are chosen, and the smallest distance.
    pub spaced: (Option<i64>, Duration),
    /// The schedule that is too close.
    pub conflict: Option<Conflict>,
    /// Whether the spacing could be checked: that needs the fields from which the spacing key is made.
    pub is_checked: bool,
    /// Whether the edited schedule already has this time and is too close to another only because the
    /// company's spacing grew. Then it may stay.
    pub keeps_exempt_time: bool,
}

/// Checks the typed time against all pending schedules except `except`.
pub fn check(
    conn: &mut PgConnection,
    typed: &ScheduleInput,
    facts: &Facts,
    except: Option<ScheduleId>,
) -> Result<Slot> {
    let due = typed.due(facts);
    let spacing = queries::spacing(conn)?;
    let contact = facts.contact.map(|contact| contact.id);
    let key = spacing.key_so_far(facts.department, facts.attendant, contact);
    let (now, spaced) = (facts.now, (key, spacing.gap()));
    let (Some(at), Some(key)) = (due.instant(), key) else {
        let unchecked =
            Slot { due, now, spaced, conflict: None, is_checked: false, keeps_exempt_time: false };
        return Ok(unchecked);
    };
    let wanted = queries::WantedTime { key, gap: spacing.gap(), at, except };
    let conflict = queries::conflict(conn, wanted)?;
    let keeps_exempt_time = match except {
        Some(id) if conflict.is_some() => queries::has_time_and_key(conn, id, at, key)?,
        _ => false,
    };
    let conflict = conflict.filter(|_| !keeps_exempt_time);
    Ok(Slot { due, now, spaced, conflict, is_checked: true, keeps_exempt_time })
}
