//! The form of a schedule: strings, as typed, to a schedule that may be saved.

use chrono::{DateTime, NaiveDateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Action;
use super::draft::{ChosenIds, Draft, Facts};
use crate::clock::{self, Resolved};
use crate::files::Attachment;
use crate::ids::{AttachmentId, ContactId, UserId};
use crate::web::{FieldErrors, Fields};

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
    pub message: String,
    pub comment: String,
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
            message: text("message"),
            comment: text("comment"),
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
    pub fn submission_key(&self, creator: UserId, files: &[Attachment]) -> Uuid {
        let creator = creator.to_string();
        let Self { form_key, ticket_id, person_id, contact_id, department_id, .. } = self;
        let Self { attendant_id, action, due_at, message, comment, .. } = self;
        let parts = [
            &creator,
            form_key,
            ticket_id,
            person_id,
            contact_id,
            department_id,
            attendant_id,
            action,
            due_at,
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
        }
    }

    pub fn action(&self) -> Option<Action> {
        self.action.parse().ok()
    }

    /// # Errors
    /// Every field that is wrong, in the order of the page.
    pub fn parse(&self, facts: &Facts) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let contact = self.parse_contact(facts, &mut errors);
        let action = self.action();
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

    /// The instant that was chosen, if it is one that can be scheduled.
    pub fn due_instant(&self, facts: &Facts) -> Option<DateTime<Utc>> {
        self.parse_due(facts, &mut FieldErrors::default()).map(|(_, at)| at)
    }

    fn parse_contact(&self, facts: &Facts, errors: &mut FieldErrors) -> Option<ContactId> {
        let chosen_person = !self.person_id.trim().is_empty();
        if chosen_person && facts.person.is_none() {
            errors.add("person_id", "Esta pessoa não existe mais. Escolha outra.");
        }
        let Some((contact, person)) = facts.contact else {
            errors.add(
                "contact_id",
                match self.contact_id.trim() {
                    "" => "Selecione o contato.",
                    _ => "Este contato foi arquivado ou está sem conexão ativa. Escolha outro.",
                },
            );
            return None;
        };
        if facts.person.is_some() && person != facts.person {
            errors.add("contact_id", "Este contato não pertence à pessoa escolhida.");
        }
        Some(contact)
    }

    fn check_attendant(&self, facts: &Facts, action: Option<Action>, errors: &mut FieldErrors) {
        let is_chosen = !self.attendant_id.trim().is_empty();
        if is_chosen && facts.attendant.is_none() && facts.department.is_some() {
            errors.add("attendant_id", "Este atendente não é do departamento escolhido.");
        } else if !is_chosen && action.is_some_and(Action::notifies) {
            errors.add("attendant_id", "Selecione o atendente.");
        }
    }

    fn parse_due(&self, facts: &Facts, errors: &mut FieldErrors) -> Option<(NaiveDateTime, DateTime<Utc>)> {
        let Some(local) = clock::parse_input(&self.due_at) else {
            errors.add(
                "due_at",
                match self.due_at.trim() {
                    "" => "Informe a data e a hora.",
                    _ => "Esta data e hora não é válida. Confira o dia, o mês, o ano e o horário.",
                },
            );
            return None;
        };
        match facts.zone.resolve(local) {
            Resolved::One(at) if at > facts.now => return Some((local, at)),
            Resolved::One(_) => errors.add("due_at", "Escolha uma data e hora futuras."),
            Resolved::Twice(..) => errors.add(
                "due_at",
                "Esta hora acontece duas vezes nesse dia, porque o relógio é atrasado. Escolha outra.",
            ),
            Resolved::Never => errors.add(
                "due_at",
                "Esta hora não existe nesse dia, porque o relógio é adiantado. Escolha outra.",
            ),
        }
        None
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

mod files;
#[cfg(test)]
mod tests;
