//! The form of a schedule: strings, as typed, to a schedule that may be saved.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Action;
use super::draft::{ChosenIds, Draft, Facts};
use super::queries::{Proposal, Stored};
use crate::clock::{self, Zone};
use crate::files::Attachment;
use crate::ids::{AttachmentId, ContactId, TicketId, UserId};
use crate::web::{FieldErrors, Fields};

mod due;
mod files;

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
    /// Files that were sent, by id.
    pub files: Vec<AttachmentId>,
    /// What is to be said of files that were not accepted.
    pub refused_files: Vec<String>,
    /// The final schedule that this one is planned anew from.
    pub rescheduled_from: String,
    /// The version of the schedule that is edited, as the form showed it.
    pub version: String,
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
            files: files::chosen(fields),
            refused_files: Vec::new(),
            rescheduled_from: text("rescheduled_from"),
            version: text("version"),
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

    /// A blank form that begins with what is proposed for a contact, and the ticket it was opened from.
    pub fn proposing(proposal: &Proposal, ticket: Option<TicketId>) -> Self {
        Self { ticket_id: id_text(ticket), contact_id: proposal.contact.to_string(), ..Self::blank() }
            .with_proposal(proposal)
    }

    /// With what is proposed for the contact, where nothing was chosen yet.
    pub fn with_proposal(mut self, proposal: &Proposal) -> Self {
        if self.person_id.trim().is_empty() {
            self.person_id = id_text(proposal.person);
        }
        if self.department_id.trim().is_empty() {
            self.department_id = id_text(proposal.department);
            self.attendant_id = id_text(proposal.attendant);
        }
        self
    }

    /// What a schedule holds, as a form to change it.
    pub fn of(stored: &Stored, zone: Zone) -> Self {
        Self {
            person_id: id_text(stored.person_id),
            contact_id: stored.contact_id.to_string(),
            department_id: stored.department_id.to_string(),
            attendant_id: id_text(stored.attendant_id),
            action: stored.action.as_str().into(),
            due_at: zone.input(stored.due_at),
            due_fold: Fold::of(zone, stored.due_at).map_or("", Fold::as_str).into(),
            message: stored.message.clone(),
            comment: stored.comment.clone(),
            files: stored.files.clone(),
            version: stored.version.to_string(),
            ..Self::blank()
        }
    }

    /// A new schedule like a final one, at a time that must still be chosen.
    pub fn again(stored: &Stored, zone: Zone) -> Self {
        let (due_at, due_fold, version) = Default::default();
        let rescheduled_from = stored.id.to_string();
        Self { due_at, due_fold, version, rescheduled_from, ..Self::of(stored, zone) }
    }

    /// Names what this form says: sent twice it is the same, changed (after the browser's "back") another.
    /// Files count by content, for whoever sends them twice sends the same.
    pub fn submission_key(&self, sender: UserId, files: &[Attachment]) -> Uuid {
        let sender = sender.to_string();
        let Self { form_key, ticket_id, person_id, contact_id, department_id, .. } = self;
        let Self { attendant_id, action, due_at, due_fold, message, comment, rescheduled_from, .. } = self;
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
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// With a suggested free time in place of the one that was typed.
    pub fn with_slot(self, slot: &str) -> Self {
        match clock::parse_input(slot) {
            Some(local) => Self { due_at: clock::input_value(local), ..self },
            None => self,
        }
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

    /// # Errors
    /// Every field that is wrong, in the order of the page.
    pub fn parse(&self, facts: &Facts) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let action = self.action();
        let contact = self.parse_contact(facts, action, &mut errors);
        let department = facts.department;
        if department.is_none() {
            errors.add("department_id", "Selecione o departamento.");
        }
        self.check_attendant(facts, action, &mut errors);
        if action.is_none() {
            errors.add("action", "Escolha uma ação.");
        }
        let due = self.parse_due(facts, &mut errors);
        let message = self.parse_message(action, &mut errors);
        self.check_files(facts, action, &mut errors);
        let comment = self.parse_comment(action, &mut errors);
        let (Some(contact), Some(department), Some(action), Some((due_local, due_at)), true) =
            (contact, department, action, due, errors.is_empty())
        else {
            return Err(errors);
        };
        Ok(Draft {
            from_ticket: facts.ticket,
            rescheduled_from: facts.rescheduled_from,
            person: facts.person,
            contact,
            department,
            attendant: facts.attendant,
            action,
            due_at,
            due_local,
            zone: facts.zone,
            message,
            comment,
            files: self.files.clone(),
        })
    }

    fn parse_contact(
        &self,
        facts: &Facts,
        action: Option<Action>,
        errors: &mut FieldErrors,
    ) -> Option<ContactId> {
        let chosen_person = !self.person_id.trim().is_empty();
        if chosen_person && facts.person.is_none() {
            errors.add("person_id", "Esta pessoa não existe mais. Escolha outra.");
        }
        let Some(contact) = facts.contact else {
            errors.add(
                "contact_id",
                match self.contact_id.trim() {
                    "" => "Selecione o contato.",
                    _ => "Este contato foi arquivado. Escolha outro.",
                },
            );
            return None;
        };
        if facts.person.is_some() && contact.person != facts.person {
            errors.add("contact_id", "Este contato não pertence à pessoa escolhida.");
        } else if !contact.is_reachable && action.is_some_and(Action::opens_ticket) {
            errors.add_with_summary(
                "contact_id",
                "Este contato está sem conexão ativa e não pode receber mensagens. Escolha outro contato ou a ação “Notificar atendente”.",
                "Escolha um contato com conexão ativa.",
            );
        }
        Some(contact.id)
    }

    fn check_attendant(&self, facts: &Facts, action: Option<Action>, errors: &mut FieldErrors) {
        let is_chosen = !self.attendant_id.trim().is_empty();
        if is_chosen && facts.attendant.is_none() && facts.department.is_some() {
            errors.add("attendant_id", "Este atendente não é do departamento escolhido.");
        } else if !is_chosen && action.is_some_and(Action::notifies) {
            errors.add("attendant_id", "Selecione o atendente.");
        }
    }

    fn parse_message(&self, action: Option<Action>, errors: &mut FieldErrors) -> String {
        let message = self.message.trim().to_owned();
        if message.chars().count() > MESSAGE_LIMIT {
            errors.add("message", "Use até 4.096 caracteres.");
        } else if action == Some(Action::Notify) && !message.is_empty() {
            errors.add(
                "message",
                "Com “Notificar atendente” nada é enviado ao contato. Apague a mensagem ou escolha outra ação.",
            );
        }
        message
    }

    fn parse_comment(&self, action: Option<Action>, errors: &mut FieldErrors) -> String {
        let comment = self.comment.trim().to_owned();
        if comment.chars().count() > COMMENT_LIMIT {
            errors.add("comment", "Use até 1.000 caracteres.");
        } else if comment.is_empty() && action.is_some_and(Action::opens_ticket) {
            errors.add_with_summary(
                "comment",
                "Informe o comentário. Ele é obrigatório para abrir o chamado.",
                "Informe o comentário.",
            );
        }
        comment
    }
}

/// An id as a select's value; nothing for none.
fn id_text(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
