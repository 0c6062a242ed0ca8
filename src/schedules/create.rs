//! Saving a new schedule: all its rules in one transaction.

use diesel::pg::PgConnection;

use super::draft::Facts;
use super::form::Typed;
use super::queries;
use super::spacing::Conflict;
use crate::audit::{self, Action as Audited};
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::tickets;
use crate::web::FieldErrors;

/// A form that somebody sent.
#[derive(Clone)]
pub struct Submission {
    pub typed: Typed,
    pub viewer: Viewer,
    /// "Salvar e fechar chamado": also closes the contact's open ticket, if the viewer may.
    pub closes_ticket: bool,
    pub ip: String,
}

/// What came of a form.
pub enum Outcome {
    Saved { id: ScheduleId, closed_ticket: bool },
    Refused { errors: FieldErrors, conflict: Option<Conflict> },
}

/// Saves what was typed, and closes the ticket in the same transaction.
///
/// # Errors
/// `Forbidden` to close that ticket; or the database is unreachable.
pub async fn create(db: &Db, submission: Submission) -> Result<Outcome> {
    let again = submission.clone();
    match db.transaction(move |conn| submission.save(conn)).await {
        // A writer that took no lock on the key was faster; now its row can be seen and shown.
        Err(error) if error.violated_constraint() == Some("schedules_spaced") => {
            db.transaction(move |conn| again.save(conn)).await
        }
        outcome => outcome,
    }
}

impl Submission {
    fn save(&self, conn: &mut PgConnection) -> Result<Outcome> {
        let files = files::queries::usable(conn, self.viewer.id, &self.typed.files)?;
        let form_key = self.typed.submission_key(self.viewer.id, &files);
        // A retry is answered as the first try was, even when the due time has come meanwhile.
        if let Some(id) = queries::existing(conn, form_key)? {
            return self.saved(conn, id);
        }
        let facts = Facts { files, ..queries::facts(conn, self.typed.ids())? };
        let draft = match self.typed.parse(&facts) {
            Ok(draft) => draft,
            Err(errors) => {
                let conflict = self.conflict_beside_errors(conn, &facts)?;
                return Ok(self.refused(errors, conflict));
            }
        };
        let spacing = queries::spacing(conn)?;
        let key = spacing.key(draft.department, draft.attendant, draft.contact);
        queries::lock_key(conn, key)?;
        // The same form, sent at the same moment, may have been first to the lock.
        if let Some(id) = queries::existing(conn, form_key)? {
            return self.saved(conn, id);
        }
        if let Some(conflict) = queries::conflict(conn, key, spacing.gap(), draft.due_at)? {
            return Ok(self.refused(FieldErrors::default(), Some(conflict)));
        }
        let id = queries::insert(conn, &draft, form_key, spacing, self.viewer.id)?;
        if !files::queries::attach(conn, id, self.viewer.id, &draft.files)? {
            return Err(Error::Conflict);
        }
        let entry = audit::Entry::of(Audited::ScheduleCreated).by(self.viewer.id).about(Some(id.0));
        audit::record(conn, &entry.from(&self.ip))?;
        live::announce(conn, &Event::SchedulesChanged(vec![id]))?;
        self.saved(conn, id)
    }

    fn saved(&self, conn: &mut PgConnection, id: ScheduleId) -> Result<Outcome> {
        let contact = self.typed.ids().contact.filter(|_| self.closes_ticket);
        let ticket = contact.map(|contact| tickets::open_ticket_of(conn, contact)).transpose()?.flatten();
        let closed_ticket = match ticket {
            Some(ticket) if tickets::may_close(&self.viewer, &ticket) => {
                tickets::close(conn, ticket.id, self.viewer.id, &self.ip)?
            }
            Some(_) => return Err(Error::Forbidden),
            None => false,
        };
        Ok(Outcome::Saved { id, closed_ticket })
    }

    /// A form with other errors is told about its time too, so that nobody corrects it twice.
    fn conflict_beside_errors(&self, conn: &mut PgConnection, facts: &Facts) -> Result<Option<Conflict>> {
        let (Some(due_at), Some(department), Some((contact, _))) =
            (self.typed.due_instant(facts), facts.department, facts.contact)
        else {
            return Ok(None);
        };
        let spacing = queries::spacing(conn)?;
        queries::conflict(conn, spacing.key(department, facts.attendant, contact), spacing.gap(), due_at)
    }

    fn refused(&self, mut errors: FieldErrors, conflict: Option<Conflict>) -> Outcome {
        if let Some(conflict) = &conflict {
            let when = self.viewer.zone.date_time(conflict.due_at);
            let message = format!("Já existe um agendamento em {when}.");
            errors.add_with_summary("due_at", &message, "Escolha outra data e hora.");
        }
        Outcome::Refused { errors, conflict }
    }
}
