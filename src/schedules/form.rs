//! The form of a schedule: strings, as typed, to a schedule that may be saved.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Action;
use super::draft::ChosenIds;
use super::merging::Original;
use crate::clock::{self, Zone};
use crate::files::Attachment;
use crate::ids::{AttachmentId, UserId};
use crate::web::{FieldErrors, Fields};

mod due;
mod files;
mod parsing;
mod prefilled;
#[cfg(test)]
mod tests;

pub use due::{Due, Fold};

/// The longest message and comment, in characters.
pub const MESSAGE_LIMIT: usize = 4096;
pub const COMMENT_LIMIT: usize = 1000;

/// What somebody typed, kept to be shown again.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub form_key: String,
    pub ticket_id: String,
    pub person_id: String,
    pub contact_id: String,
    pub department_id: String,
    pub attendant_id: String,
    pub action: String,
    pub due_at: String,
    /// Which of two, where the clocks repeat the time: see [`Fold`].
    pub due_fold: String,
    pub message: String,
    pub comment: String,
    /// The final schedule that this one is planned anew from.
    pub rescheduled_from: String,
    /// The version of the schedule that is edited, as the form showed it.
    pub version: String,
    /// What the form was opened with: see [`super::merging::Original`].
    pub original: String,
    /// The company's time zone when the form was opened, by which `due_at` was typed.
    pub zone: String,
    /// What the form showed of the contact's open ticket: see [`crate::tickets::Seen`].
    pub open_ticket: String,
    /// What the lists of contacts and people are narrowed by, in browsers without scripts.
    pub contact_search: String,
    pub person_search: String,
    /// Files that were sent, by id in the order in which they came.
    pub files: Vec<AttachmentId>,
    /// What is to be said of files that were not accepted.
    pub refused_files: Vec<String>,
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            form_key: text("form_key"),
            ticket_id: text("ticket_id"),
            person_id: text("person_id"),
            contact_id: text("contact_id"),
            department_id: text("department_id"),
            attendant_id: text("attendant_id"),
            action: text("action"),
            due_at: text("due_at"),
            due_fold: text("due_fold"),
            message: text("message"),
            comment: text("comment"),
            rescheduled_from: text("rescheduled_from"),
            version: text("version"),
            original: text("original"),
            zone: text("zone"),
            open_ticket: text("open_ticket"),
            contact_search: text("contact_search"),
            person_search: text("person_search"),
            files: files::chosen(fields),
            refused_files: Vec::new(),
        }
    }

    /// An empty form, with a key of its own, so that it makes one schedule however often it is sent.
    pub fn blank() -> Self {
        Self {
            form_key: Uuid::new_v4().to_string(),
            action: Action::OpenTicket.as_str().into(),
            ..Self::default()
        }
    }

    /// Names what this form says: sent twice it is the same, changed (after the browser's "back") another.
    /// Files count by content, for whoever sends them twice sends the same.
    pub fn submission_key(&self, sender: UserId, files: &[Attachment]) -> Uuid {
        let sender = sender.to_string();
        let Self { form_key, ticket_id, person_id, contact_id, department_id, .. } = self;
        let Self { attendant_id, action, due_at, due_fold, zone, message, comment, rescheduled_from, .. } =
            self;
        let parts = [
            &sender,
            form_key,
            ticket_id,
            rescheduled_from,
            person_id,
            contact_id,
            department_id,
            attendant_id,
            action,
            due_at,
            due_fold,
            zone,
            message,
            comment,
        ];
        let mut hash = Sha256::new();
        let parts = parts.into_iter().map(|part| part.as_bytes());
        let files = files.iter().flat_map(|file| [file.file_name.as_bytes(), file.sha256.as_bytes()]);
        for part in parts.chain(files) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        key_of(hash)
    }

    /// The time zone by which the time was typed, if that is not the company's any more.
    pub fn former_zone(&self, zone: Zone) -> Option<Zone> {
        let name = match self.zone.trim() {
            "" => Original::read(&self.original).zone,
            name => name.to_owned(),
        };
        Zone::find(&name).filter(|former| former.name() != zone.name())
    }

    /// With a suggested free time in place of the one that was typed: `2026-12-05T10:00`, or, where the
    /// clocks repeat it, `2026-12-05T10:00 second`.
    pub fn with_slot(self, slot: &str) -> Self {
        let (local, fold) = slot.split_once(' ').unwrap_or((slot, ""));
        match clock::parse_input(local) {
            Some(local) => Self { due_at: clock::input_value(local), due_fold: fold.into(), ..self },
            None => self,
        }
    }

    /// Without the links that were refused, so that the form can be saved without them.
    pub fn unlinked(mut self, errors: &FieldErrors) -> Self {
        if errors.of("ticket_id").is_some() {
            self.ticket_id.clear();
        }
        if errors.of("rescheduled_from").is_some() {
            self.rescheduled_from.clear();
        }
        self
    }

    /// The ids that were chosen, each `None` when nothing or nonsense was.
    pub fn ids(&self) -> ChosenIds {
        ChosenIds {
            person: self.person_id.parse().ok(),
            contact: self.contact_id.parse().ok(),
            department: self.department_id.parse().ok(),
            attendant: self.attendant_id.parse().ok(),
            ticket: self.ticket_id.parse().ok(),
            rescheduled_from: self.rescheduled_from.parse().ok(),
        }
    }

    pub fn action(&self) -> Option<Action> {
        self.action.parse().ok()
    }
}

/// The key of a form whose schedule was cancelled: what it makes then is another schedule.
pub fn key_after(cancelled: Uuid) -> Uuid {
    key_of(Sha256::new_with_prefix(cancelled))
}

fn key_of(hash: Sha256) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
