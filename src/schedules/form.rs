//! The form of a schedule: parses submitted strings into a valid schedule.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Action;
use super::draft::ChosenIds;
use super::editing::Original;
use crate::clock::Zone;
use crate::files::Attachment;
use crate::ids::{AttachmentId, UserId};
use crate::refusal::FieldErrors;
use crate::web::Fields;

mod due;
mod files;
mod parsing;
mod prefilled;
mod steps;
#[cfg(test)]
mod tests;

pub use due::{Due, Fold};
pub use steps::{after_step, is_step, searched};

/// Maximum length of message and comment, in characters.
pub const MESSAGE_LIMIT: usize = 4096;
pub const COMMENT_LIMIT: usize = 1000;

/// The fields as typed, so that the form can be shown again.
#[derive(Clone, Debug, Default)]
pub struct ScheduleInput {
    pub form_key: String,
    pub ticket_id: String,
    pub person_id: String,
    pub contact_id: String,
    /// Empty for the first channel of the contact.
    pub channel_id: String,
    pub department_id: String,
    pub attendant_id: String,
    pub action: String,
    /// "Quando": the time in words.
    pub when: String,
    /// The words whose meaning `due_at` shows.
    pub when_read: String,
    /// "Data e hora".
    pub due_at: String,
    /// "Data e hora" as the page showed it, before it was typed in.
    pub due_shown: String,
    /// Which of the two, if the clocks repeat the time: see [`Fold`].
    pub due_fold: String,
    pub message: String,
    pub comment: String,
    /// The final schedule that this one replaces.
    pub rescheduled_from: String,
    /// The version of the edited schedule that the form showed.
    pub version: String,
    /// The values that the form was opened with: see [`super::editing::Original`].
    pub original: String,
    /// The company's time zone when the form was opened; `due_at` is in this zone.
    pub zone: String,
    /// The open ticket that the form showed: see [`crate::tickets::SeenThread`].
    pub open_ticket: String,
    /// Search texts for the lists of contacts and people, in browsers without JavaScript.
    pub contact_search: String,
    pub person_search: String,
    /// Ids of the uploaded files, in the order of upload.
    pub files: Vec<AttachmentId>,
    /// Messages about files that were not accepted.
    pub refused_files: Vec<String>,
}

impl ScheduleInput {
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            form_key: text("form_key"),
            ticket_id: text("ticket_id"),
            person_id: text("person_id"),
            contact_id: text("contact_id"),
            channel_id: text("channel_id"),
            department_id: text("department_id"),
            attendant_id: text("attendant_id"),
            action: text("action"),
            when: text("when"),
            when_read: text("when_read"),
            due_at: text("due_at"),
            due_shown: text("due_shown"),
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

    /// An empty form. Its own key makes it create only one schedule, however often it is submitted.
    pub fn blank() -> Self {
        Self {
            form_key: Uuid::new_v4().to_string(),
            action: Action::OpenTicket.as_str().into(),
            ..Self::default()
        }
    }

    /// A key for the content of this form. Submitted twice without a change, the key is the same; changed
    /// (after the browser's "back"), it is another. Files count by content, because uploading a file again
    /// gives it another id.
    pub fn submission_key(&self, sender: UserId, files: &[Attachment]) -> Uuid {
        let sender = sender.to_string();
        let Self { form_key, ticket_id, person_id, contact_id, channel_id, department_id, .. } = self;
        let Self { attendant_id, action, zone, message, comment, rescheduled_from, .. } = self;
        let [due, due_fold] = self.due_key();
        let parts = [
            &sender,
            form_key,
            ticket_id,
            rescheduled_from,
            person_id,
            contact_id,
            channel_id,
            department_id,
            attendant_id,
            action,
            &due,
            &due_fold,
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

    /// The time zone in which the time was typed, if it is no longer the company's.
    pub fn former_zone(&self, zone: Zone) -> Option<Zone> {
        let name = match self.zone.trim() {
            "" => Original::read(&self.original).zone,
            name => name.to_owned(),
        };
        Zone::find(&name).filter(|former| former.name() != zone.name())
    }

    /// Removes links to other records that were refused, so that the form can be saved without them.
    pub fn unlinked(mut self, errors: &FieldErrors) -> Self {
        if errors.of("ticket_id").is_some() {
            self.ticket_id.clear();
        }
        if errors.of("rescheduled_from").is_some() {
            self.rescheduled_from.clear();
        }
        self
    }

    /// The chosen ids. Each is `None` if nothing or something invalid was chosen.
    pub fn ids(&self) -> ChosenIds {
        ChosenIds {
            person: self.person_id.parse().ok(),
            contact: self.contact_id.parse().ok(),
            channel: self.channel_id.parse().ok(),
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

/// The key that a form uses after its schedule was cancelled, so that it creates another schedule.
pub fn key_after(cancelled: Uuid) -> Uuid {
    key_of(Sha256::new_with_prefix(cancelled))
}

fn key_of(hash: Sha256) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
