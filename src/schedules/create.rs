//! Saving a new schedule: all its rules in one transaction.

use diesel::pg::PgConnection;

use super::changes::Field;
use super::draft::Facts;
use super::form::Typed;
use super::queries;
use super::slot::{self, Slot};
use crate::audit::{self, Action as Audited};
use crate::auth::Viewer;
use crate::clock::Zone;
use crate::conversations;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::{self, Attachment};
use crate::ids::{ContactId, ScheduleId};
use crate::live::{self, Event};
use crate::tickets;
use crate::web::FieldErrors;

/// A form that somebody sent.
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
    Refused { errors: FieldErrors, slot: Slot },
}

/// Saves what was typed, and closes the ticket in the same transaction.
///
/// # Errors
/// `Forbidden` to close that ticket; or the database is unreachable.
pub async fn create(db: &Db, submission: Submission) -> Result<Outcome> {
    db.transaction(move |conn| submission.save(conn)).await
}

impl Submission {
    fn save(&self, conn: &mut PgConnection) -> Result<Outcome> {
        let files = files::queries::usable(conn, self.viewer.id, &self.typed.files)?;
        let form_key = self.typed.submission_key(self.viewer.id, &files);
        // A retry is answered as the first try was, even when the due time has come meanwhile; but it closes
        // nothing, for a ticket that is open now was opened since.
        if let Some(id) = queries::existing(conn, form_key)? {
            return Ok(Outcome::Saved { id, closed_ticket: false });
        }
        let facts = self.facts(conn, files)?;
        let draft = match self.typed.parse(&facts) {
            Ok(draft) => draft,
            Err(errors) => {
                // A form with other errors is told about its time too, so that nobody corrects it twice.
                let slot = slot::look(conn, &self.typed, &facts, None)?;
                return Ok(self.refused(errors, slot));
            }
        };
        let spacing = queries::spacing(conn)?;
        let key = spacing.key(draft.department, draft.attendant, draft.contact);
        queries::lock_keys(conn, [key])?;
        // The same form, sent at the same moment, may have been first to the lock.
        if let Some(id) = queries::existing(conn, form_key)? {
            return Ok(Outcome::Saved { id, closed_ticket: false });
        }
        let slot = slot::look(conn, &self.typed, &facts, None)?;
        if slot.conflict.is_some() {
            return Ok(self.refused(FieldErrors::default(), slot));
        }
        let id = queries::insert(conn, &draft, form_key, spacing, self.viewer.id)?;
        if !files::queries::attach(conn, id, self.viewer.id, &draft.files)? {
            return Err(Error::Conflict);
        }
        let entry = audit::Entry::of(Audited::ScheduleCreated).by(self.viewer.id).about(Some(id.0));
        audit::record(conn, &entry.from(&self.ip))?;
        let changed = std::iter::once(id).chain(draft.rescheduled_from).collect();
        live::announce(conn, &Event::SchedulesChanged(changed))?;
        self.saved(conn, id)
    }

    fn facts(&self, conn: &mut PgConnection, files: Vec<Attachment>) -> Result<Facts> {
        let facts = queries::facts(conn, self.typed.ids(), None)?;
        let ticket = match (facts.ticket, facts.contact) {
            (Some(ticket), Some(contact)) => {
                let readers = conversations::queries::readers(conn, contact.id, &[self.viewer.id])?;
                (!readers.is_empty()).then_some(ticket)
            }
            _ => None,
        };
        Ok(Facts { files, ticket, ..facts })
    }

    fn saved(&self, conn: &mut PgConnection, id: ScheduleId) -> Result<Outcome> {
        let contact = self.typed.ids().contact.filter(|_| self.closes_ticket);
        let closed_ticket = close_ticket_of(conn, &self.viewer, contact, &self.ip)?;
        Ok(Outcome::Saved { id, closed_ticket })
    }

    fn refused(&self, errors: FieldErrors, slot: Slot) -> Outcome {
        let (errors, slot) = with_conflict(self.viewer.zone, errors, slot);
        Outcome::Refused { errors, slot }
    }
}

/// Adds to what is wrong with a form what is in the way of its time.
pub(super) fn with_conflict(zone: Zone, mut errors: FieldErrors, slot: Slot) -> (FieldErrors, Slot) {
    if let Some(conflict) = &slot.conflict {
        let message = format!("Já existe um agendamento em {}.", zone.date_time(conflict.due_at));
        errors.add_with_summary("due_at", &message, "Escolha outra data e hora.");
        errors.sort(&Field::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>());
    }
    (errors, slot)
}

/// Closes the contact's open ticket, if a contact is given and the viewer may; `false` if there is none.
///
/// # Errors
/// `Forbidden`; or the database is unreachable.
pub(super) fn close_ticket_of(
    conn: &mut PgConnection,
    viewer: &Viewer,
    contact: Option<ContactId>,
    ip: &str,
) -> Result<bool> {
    match contact.map(|contact| tickets::open_ticket_of(conn, contact)).transpose()?.flatten() {
        Some(ticket) if tickets::may_close(viewer, &ticket) => tickets::close(conn, ticket.id, viewer.id, ip),
        Some(_) => Err(Error::Forbidden),
        None => Ok(false),
    }
}
