//! Saves a new schedule. Checks all its rules in one transaction.

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::Status;
use super::changes::Field;
use super::closing::TicketClosing;
use super::draft::Facts;
use super::form::{ScheduleInput, key_after};
use super::queries::{self, SavedByForm};
use super::slot::{self, Slot};
use crate::audit::{self, Action as Audited};
use crate::auth::Account;
use crate::clock::Zone;
use crate::conversations;
use crate::error::{Error, Result};
use crate::files::Attachment;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::refusal::FieldErrors;

/// A submitted form.
struct Submission<'a> {
    by: &'a Account,
    typed: &'a ScheduleInput,
    closes_ticket: bool,
}

/// The result of a submission.
pub enum CreateOutcome {
    Saved {
        id: ScheduleId,
        closed_ticket: bool,
    },
    /// An earlier submission of this form saved a schedule, which has been changed or has run since.
    SavedBefore(ScheduleId),
    Refused {
        errors: FieldErrors,
        slot: Slot,
    },
    Asks(SaveQuestion),
}

/// Something that changed while the form was open. The user is asked, because saving would now do something
/// different from what the form says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveQuestion {
    /// The company's time zone. The form was filled in with this one.
    Zone(Zone),
    /// The contact's open ticket.
    Ticket { is_saved: bool },
}

/// Saves the schedule in the caller's transaction. `closes_ticket` ("Salvar e fechar chamado") also closes the
/// contact's open ticket. A form that is submitted again gets the same result as the first time, as long as
/// its schedule is unchanged. If that schedule was cancelled, the form creates another.
///
/// # Errors
/// `Forbidden` if the account may not close that ticket.
pub fn create(
    conn: &mut PgConnection,
    by: &Account,
    typed: &ScheduleInput,
    closes_ticket: bool,
) -> Result<CreateOutcome> {
    Submission { by, typed, closes_ticket }.save(conn)
}

impl Submission<'_> {
    fn save(&self, conn: &mut PgConnection) -> Result<CreateOutcome> {
        let files = queries::usable_files(conn, self.by.id, &self.typed.files)?;
        let form_key = self.typed.submission_key(self.by.id, &files);
        if let Err(outcome) = self.unused_key(conn, form_key)? {
            return Ok(outcome);
        }
        let facts = self.facts(conn, files)?;
        if let Some(former) = self.typed.former_zone(facts.zone) {
            return Ok(CreateOutcome::Asks(SaveQuestion::Zone(former)));
        }
        let draft = match self.typed.parse(&facts) {
            Ok(draft) => draft,
            Err(errors) => {
                // Check the time too, so that the user can correct everything at once.
                let slot = slot::check(conn, self.typed, &facts, None)?;
                return Ok(self.refused(errors, slot));
            }
        };
        queries::lock_contact(conn, draft.contact, self.closes_ticket)?;
        let spacing = queries::spacing(conn)?;
        let key = spacing.key(draft.department, draft.attendant, draft.contact);
        queries::lock_keys(conn, [key])?;
        // The same form, submitted at the same moment, may have got the lock first.
        let form_key = match self.unused_key(conn, form_key)? {
            Ok(key) => key,
            Err(outcome) => return Ok(outcome),
        };
        let slot = slot::check(conn, self.typed, &facts, None)?;
        if slot.conflict.is_some() {
            return Ok(self.refused(FieldErrors::default(), slot));
        }
        let closing = self.closing(conn, false)?;
        if closing == TicketClosing::Ask {
            return Ok(CreateOutcome::Asks(SaveQuestion::Ticket { is_saved: false }));
        }
        let id = queries::insert(conn, &draft, form_key, spacing, self.by.id)?;
        if !queries::attach(conn, id, self.by.id, &draft.files)? {
            return Err(Error::Conflict);
        }
        let entry = audit::Entry::of(Audited::ScheduleCreated).by(self.by).about(Some(id.0));
        audit::record(conn, &entry)?;
        let changed = std::iter::once(id).chain(draft.rescheduled_from).collect();
        live::announce(conn, &Event::SchedulesChanged(changed))?;
        let closed_ticket = closing.carry_out(conn, self.by)?;
        Ok(CreateOutcome::Saved { id, closed_ticket })
    }

    /// Returns the key for the schedule that this form will create; or the outcome, if an earlier submission
    /// has created it.
    fn unused_key(&self, conn: &mut PgConnection, mut form_key: Uuid) -> Result<Result<Uuid, CreateOutcome>> {
        while let Some(made) = queries::saved_by_form(conn, form_key)? {
            match made {
                SavedByForm { status: Status::Cancelled, .. } => form_key = key_after(form_key),
                SavedByForm { id, status: Status::Scheduled, is_edited: false } => {
                    return self.repeated(conn, id).map(Err);
                }
                SavedByForm { id, .. } => return Ok(Err(CreateOutcome::SavedBefore(id))),
            }
        }
        Ok(Ok(form_key))
    }

    /// The schedule is as this form saved it. Only the ticket may remain to be closed, if the first
    /// submission used "Salvar".
    fn repeated(&self, conn: &mut PgConnection, id: ScheduleId) -> Result<CreateOutcome> {
        let closing = self.closing(conn, true)?;
        if closing == TicketClosing::Ask {
            return Ok(CreateOutcome::Asks(SaveQuestion::Ticket { is_saved: true }));
        }
        Ok(CreateOutcome::Saved { id, closed_ticket: closing.carry_out(conn, self.by)? })
    }

    fn closing(&self, conn: &mut PgConnection, is_repeated: bool) -> Result<TicketClosing> {
        match self.closes_ticket {
            true => TicketClosing::decide(conn, self.typed, self.by, is_repeated),
            false => Ok(TicketClosing::NothingToClose { was_closed: false }),
        }
    }

    fn facts(&self, conn: &mut PgConnection, files: Vec<Attachment>) -> Result<Facts> {
        let facts = queries::facts(conn, self.typed.ids(), None)?;
        let ticket = match (facts.ticket, facts.contact) {
            (Some(ticket), Some(contact)) => {
                let readers = conversations::readers::readers(conn, contact.id, &[self.by.id])?;
                (!readers.is_empty()).then_some(ticket)
            }
            _ => None,
        };
        Ok(Facts { files, ticket, ..facts })
    }

    fn refused(&self, errors: FieldErrors, slot: Slot) -> CreateOutcome {
        let (errors, slot) = with_conflict(self.by.zone, errors, slot);
        CreateOutcome::Refused { errors, slot }
    }
}

/// Adds the conflicting schedule, if there is one, to the form's errors.
pub(super) fn with_conflict(zone: Zone, mut errors: FieldErrors, slot: Slot) -> (FieldErrors, Slot) {
    if let Some(conflict) = &slot.conflict {
        let message = format!("Já existe um agendamento em {}.", zone.date_time(conflict.due_at));
        errors.add_with_summary("due_at", &message, "Escolha outra data e hora.");
        errors.sort(&Field::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>());
    }
    (errors, slot)
}
