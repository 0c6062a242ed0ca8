//! Saving a new schedule: all its rules in one transaction.

use diesel::pg::PgConnection;

use super::draft::{Draft, Facts};
use super::form::Typed;
use super::queries;
use super::spacing::Conflict;
use crate::audit::{self, Action as Audited};
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::tickets;
use crate::web::FieldErrors;

/// What came of a form.
pub enum Outcome {
    Saved { id: ScheduleId, closed_ticket: bool },
    Refused { errors: FieldErrors, conflict: Option<Conflict> },
}

/// Saves what was typed, and with `close_ticket` closes the contact's open ticket in the same
/// transaction, if the viewer may.
///
/// # Errors
/// The database is unreachable.
pub async fn create(
    db: &Db,
    typed: Typed,
    viewer: Viewer,
    close_ticket: bool,
    ip: String,
) -> Result<Outcome> {
    let attempt = |typed: Typed, viewer: Viewer, ip: String| {
        db.transaction(move |conn| save(conn, &typed, &viewer, close_ticket, &ip))
    };
    match attempt(typed.clone(), viewer.clone(), ip.clone()).await {
        // A writer that took no lock on the key was faster; now its row can be seen and shown.
        Err(error) if error.violated_constraint() == Some("schedules_spaced") => {
            attempt(typed, viewer, ip).await
        }
        outcome => outcome,
    }
}

fn save(
    conn: &mut PgConnection,
    typed: &Typed,
    viewer: &Viewer,
    close_ticket: bool,
    ip: &str,
) -> Result<Outcome> {
    let facts = queries::facts(conn, typed.ids())?;
    let draft = match typed.parse(&facts) {
        Ok(draft) => draft,
        Err(mut errors) => {
            let conflict = time_conflict(conn, typed, &facts)?;
            if let Some(conflict) = &conflict {
                add_taken(&mut errors, viewer, conflict);
            }
            return Ok(Outcome::Refused { errors, conflict });
        }
    };
    let spacing = queries::spacing(conn)?;
    let key = spacing.key(draft.department, draft.attendant, draft.contact);
    queries::lock_key(conn, key)?;
    if let Some(form_key) = draft.form_key
        && let Some(id) = queries::existing(conn, form_key, viewer.id)?
    {
        return Ok(Outcome::Saved { id, closed_ticket: false });
    }
    if let Some(conflict) = queries::conflict(conn, key, spacing.gap(), draft.due_at)? {
        let mut errors = FieldErrors::default();
        add_taken(&mut errors, viewer, &conflict);
        return Ok(Outcome::Refused { errors, conflict: Some(conflict) });
    }
    let id = queries::insert(conn, &draft, spacing, viewer.id)?;
    audit::record(
        conn,
        &audit::Entry::of(Audited::ScheduleCreated).by(viewer.id).about(Some(id.0)).from(ip),
    )?;
    let closed_ticket = close_ticket && close_open_ticket(conn, &draft, viewer, ip)?;
    live::announce(conn, &Event::SchedulesChanged(vec![id]))?;
    Ok(Outcome::Saved { id, closed_ticket })
}

/// A form with other errors is told about its time too, so that nobody corrects it twice.
fn time_conflict(conn: &mut PgConnection, typed: &Typed, facts: &Facts) -> Result<Option<Conflict>> {
    let (Some(due_at), Some(department), Some((contact, _))) =
        (typed.due_instant(facts), facts.department, facts.contact)
    else {
        return Ok(None);
    };
    let spacing = queries::spacing(conn)?;
    queries::conflict(conn, spacing.key(department, facts.attendant, contact), spacing.gap(), due_at)
}

fn add_taken(errors: &mut FieldErrors, viewer: &Viewer, conflict: &Conflict) {
    let (date, time) = (viewer.zone.date(conflict.due_at), viewer.zone.time(conflict.due_at));
    let message = format!("Já existe um agendamento em {date} às {time}.");
    errors.add_with_summary("due_at", &message, "Escolha outra data e hora.");
}

fn close_open_ticket(conn: &mut PgConnection, draft: &Draft, viewer: &Viewer, ip: &str) -> Result<bool> {
    match tickets::open_ticket_of(conn, draft.contact)? {
        Some(ticket) if tickets::may_close(viewer, &ticket) => tickets::close(conn, ticket.id, viewer.id, ip),
        Some(_) => Err(Error::Forbidden),
        None => Ok(false),
    }
}
