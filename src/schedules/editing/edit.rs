//! Saves an edit. Checks all its rules in one transaction.

use diesel::pg::PgConnection;

use super::queries::{self as editing, NewVersion};
use crate::audit::{self, Action as Audited};
use crate::auth::Account;
use crate::clock;
use crate::error::{Error, Result};
use crate::files::Attachment;
use crate::ids::ScheduleId;
use crate::live::{self, Event};
use crate::refusal::FieldErrors;
use crate::schedules::changes::Changes;
use crate::schedules::closing::TicketClosing;
use crate::schedules::create::{self, SaveQuestion};
use crate::schedules::draft::Facts;
use crate::schedules::form::ScheduleInput;
use crate::schedules::queries::{self, Detail, History, Stored};
use crate::schedules::slot::{self, Slot};

/// A submitted form that changes a schedule.
struct Edit<'a> {
    by: &'a Account,
    id: ScheduleId,
    typed: &'a ScheduleInput,
    closes_ticket: bool,
}

/// The result of an edit.
pub enum EditOutcome {
    Saved { closed_ticket: bool },
    Refused { errors: FieldErrors, slot: Slot },
    Asks(SaveQuestion),
    Stale(Box<Stale>),
}

/// What happened to a schedule since somebody began to edit it.
pub struct Stale {
    /// Its current values.
    pub stored: Stored,
    pub detail: Detail,
    /// The edits since then, and its end.
    pub since: History,
    pub files: Vec<Attachment>,
    /// Whether the company's time zone has changed, so that all times are shown differently.
    pub is_of_other_zone: bool,
}

impl Stale {
    /// What happened to `stored` after the version `seen`.
    pub fn load(conn: &mut PgConnection, viewer: &Account, stored: &Stored, seen: i32) -> Result<Self> {
        let files = queries::files_of(conn, stored.id)?;
        Ok(Self {
            // A transaction that waited for another edit reads the new version, but the files from before it.
            stored: Stored { files: files.iter().map(|file| file.id).collect(), ..stored.clone() },
            detail: queries::detail(conn, viewer, stored.id)?,
            since: queries::history_since(conn, stored.id, seen)?,
            files,
            is_of_other_zone: false,
        })
    }
}

/// A pending schedule dragged to another time.
#[derive(Clone, Debug)]
pub struct Move {
    pub id: ScheduleId,
    /// The version that was shown.
    pub version: i32,
    /// The company's time zone that the page used.
    pub zone: String,
    /// `2026-12-05T10:00` or as typed, in the company's time zone; or in words.
    pub due_local: String,
    /// Which of the two, if the clocks repeat this time.
    pub due_fold: String,
}

/// Saves the form over the schedule in the caller's transaction. `closes_ticket` ("Salvar e fechar chamado")
/// also closes the contact's open ticket.
///
/// # Errors
/// `Forbidden` if the account may not close the ticket.
pub fn edit(
    conn: &mut PgConnection,
    by: &Account,
    id: ScheduleId,
    typed: &ScheduleInput,
    closes_ticket: bool,
) -> Result<EditOutcome> {
    Edit { by, id, typed, closes_ticket }.save(conn)
}

/// Moves a pending schedule to another time and leaves everything else unchanged.
pub fn move_to(conn: &mut PgConnection, by: &Account, wanted: &Move) -> Result<EditOutcome> {
    let stored = queries::stored(conn, wanted.id)?;
    let held = ScheduleInput::of(&stored, by.zone);
    let is_in_figures = clock::parse_typed(&wanted.due_local).is_some() || wanted.due_local.trim().is_empty();
    let (when, due_at) = match is_in_figures {
        true => (String::new(), wanted.due_local.clone()),
        false => (wanted.due_local.clone(), held.due_at.clone()),
    };
    let typed = ScheduleInput {
        when,
        due_at,
        due_fold: wanted.due_fold.clone(),
        version: wanted.version.to_string(),
        zone: wanted.zone.clone(),
        // The calendar sends only the version, not the original values.
        original: String::new(),
        ..held
    };
    edit(conn, by, wanted.id, &typed, false)
}

impl Edit<'_> {
    fn save(&self, conn: &mut PgConnection) -> Result<EditOutcome> {
        if let Some(contact) = self.typed.ids().contact {
            queries::lock_contact(conn, contact, self.closes_ticket)?;
        }
        let spacing = queries::spacing(conn)?;
        let seen = queries::stored(conn, self.id)?;
        let files = queries::usable_files(conn, self.by.id, &self.typed.files)?;
        let form = self.typed.submission_key(self.by.id, &files);
        let facts = Facts { files, ..queries::facts(conn, self.typed.ids(), Some(self.id))? };
        let parsed = self.typed.parse(&facts);
        let wanted =
            parsed.as_ref().ok().map(|draft| spacing.key(draft.department, draft.attendant, draft.contact));
        // Lock the old key too: otherwise two schedules that swap places would wait for each other.
        queries::lock_keys(conn, std::iter::once(seen.spacing_key).chain(wanted))?;
        let stored = queries::lock_stored(conn, self.id)?;
        if editing::is_edited_by(conn, &stored, form)? {
            return self.repeated(conn);
        }
        let is_of_other_zone = self.typed.former_zone(facts.zone).is_some();
        if stored.status.is_final() || is_of_other_zone || !self.has_seen(conn, &stored)? {
            return self.stale(conn, &stored, is_of_other_zone);
        }
        let slot = slot::check(conn, self.typed, &facts, Some(self.id))?;
        let draft = match parsed {
            Ok(draft) if slot.conflict.is_none() => draft,
            refused => return Ok(self.refused(refused.err().unwrap_or_default(), slot)),
        };
        let is_exempt = stored.spacing_exempt && slot.keeps_exempt_time;
        let closing = self.closing(conn, false)?;
        if closing == TicketClosing::Ask {
            return Ok(EditOutcome::Asks(SaveQuestion::Ticket { is_saved: false }));
        }
        let changes = Changes::between(&stored, &draft, is_exempt);
        if !changes.is_empty() {
            let (page, by) = (self.typed.form_key.parse().ok(), self.by.id);
            let saving = NewVersion { draft: &draft, changes: &changes, spacing, is_exempt, form, page, by };
            self.write(conn, &stored, &saving)?;
        }
        Ok(EditOutcome::Saved { closed_ticket: closing.carry_out(conn, self.by)? })
    }

    /// Whether the form is based on what the schedule holds. That is true for the current version. It is also
    /// true for an earlier version (after the browser's "back") if only this page has changed the schedule
    /// since. A change of the company's spacing raises the version too, but changes nothing that a form
    /// shows.
    fn has_seen(&self, conn: &mut PgConnection, stored: &Stored) -> Result<bool> {
        if self.typed.was_opened_as(&ScheduleInput::of(stored, self.by.zone)) {
            return Ok(true);
        }
        match (self.typed.version.parse::<i32>(), self.typed.form_key.parse()) {
            (Ok(seen), _) if seen == stored.version => Ok(true),
            (Ok(seen), Ok(page)) if (1..stored.version).contains(&seen) => {
                editing::only_page_changed_since(conn, stored, seen, page)
            }
            _ => Ok(false),
        }
    }

    fn write(&self, conn: &mut PgConnection, stored: &Stored, saving: &NewVersion<'_>) -> Result<()> {
        editing::update(conn, stored, saving)?;
        if !queries::attach(conn, self.id, saving.by, &saving.draft.files)? {
            return Err(Error::Conflict);
        }
        let fields = serde_json::json!({ "fields": saving.changes.fields });
        let entry = audit::Entry::of(Audited::ScheduleEdited).by(self.by).about(Some(self.id.0));
        audit::record(conn, &entry.with(fields))?;
        live::announce(conn, &Event::SchedulesChanged(vec![self.id]))
    }

    /// An earlier submission of this form has been saved. Only the ticket may remain to be closed, if that
    /// submission used "Salvar".
    fn repeated(&self, conn: &mut PgConnection) -> Result<EditOutcome> {
        let closing = self.closing(conn, true)?;
        if closing == TicketClosing::Ask {
            return Ok(EditOutcome::Asks(SaveQuestion::Ticket { is_saved: true }));
        }
        Ok(EditOutcome::Saved { closed_ticket: closing.carry_out(conn, self.by)? })
    }

    fn closing(&self, conn: &mut PgConnection, is_repeated: bool) -> Result<TicketClosing> {
        match self.closes_ticket {
            true => TicketClosing::decide(conn, self.typed, self.by, is_repeated),
            false => Ok(TicketClosing::NothingToClose { was_closed: false }),
        }
    }

    fn refused(&self, errors: FieldErrors, slot: Slot) -> EditOutcome {
        let (errors, slot) = create::with_conflict(self.by.zone, errors, slot);
        EditOutcome::Refused { errors, slot }
    }

    fn stale(&self, conn: &mut PgConnection, stored: &Stored, is_of_other_zone: bool) -> Result<EditOutcome> {
        let stale = Stale::load(conn, self.by, stored, self.typed.opened_version())?;
        Ok(EditOutcome::Stale(Box::new(Stale { is_of_other_zone, ..stale })))
    }
}
