//! Validates the typed fields one by one.

use super::{COMMENT_LIMIT, MESSAGE_LIMIT, ScheduleInput};
use crate::channels::Capabilities;
use crate::ids::{ChannelId, ContactId};
use crate::refusal::FieldErrors;
use crate::schedules::Action;
use crate::schedules::draft::{Facts, ScheduleDraft};
use crate::schedules::variables;
use crate::text::{thousands, too_long};

impl ScheduleInput {
    /// # Errors
    /// All invalid fields, in the order of the page.
    pub fn parse(&self, facts: &Facts) -> Result<ScheduleDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let action = self.action();
        let contact = self.parse_contact(facts, action, &mut errors);
        let channel = self.parse_channel(facts, action, &mut errors);
        self.check_sources(facts, &mut errors);
        let department = facts.department;
        if department.is_none() {
            errors.add("department_id", "Selecione o departamento.");
        }
        self.check_attendant(facts, action, &mut errors);
        if action.is_none() {
            errors.add("action", "Escolha uma ação.");
        }
        let due = self.parse_due(facts, &mut errors);
        let limits = self.limits(facts, action);
        let message = self.parse_message(action, limits, &mut errors);
        self.check_files(facts, action, limits, &mut errors);
        let comment = self.parse_comment(action, &mut errors);
        let (Some(contact), Some(department), Some(action), Some((due_local, due_at)), true) =
            (contact, department, action, due, errors.is_empty())
        else {
            return Err(errors);
        };
        Ok(ScheduleDraft {
            from_ticket: facts.ticket,
            rescheduled_from: facts.rescheduled_from,
            person: facts.person,
            contact,
            channel,
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
        let is_of_another = facts.person.is_some() && contact.person != facts.person;
        let is_out_of_reach = !contact.is_reachable && action.is_some_and(Action::opens_ticket);
        if is_of_another && !facts.keeps_contact {
            errors.add("contact_id", "Este contato não pertence à pessoa escolhida.");
        } else if is_out_of_reach && !facts.keeps_channel {
            errors.add_with_summary(
                "contact_id",
                "Este contato está sem conexão ativa e não pode receber mensagens. Escolha outro contato ou a ação “Notificar atendente”.",
                "Escolha um contato com conexão ativa.",
            );
        }
        Some(contact.id)
    }

    /// The channel by which the message goes; `None` for the contact's first.
    fn parse_channel(
        &self,
        facts: &Facts,
        action: Option<Action>,
        errors: &mut FieldErrors,
    ) -> Option<ChannelId> {
        let chosen = self.ids().channel;
        let channel = facts.channel(chosen);
        let wanted = channel.filter(|channel| !channel.is_first).map(|channel| channel.id);
        let opens_ticket = action.is_some_and(Action::opens_ticket);
        // Where no channel is active, the contact's field says so.
        if !opens_ticket || !facts.contact.is_some_and(|contact| contact.is_reachable) {
            return wanted;
        }
        let field = if facts.channels.len() > 1 { "channel_id" } else { "contact_id" };
        match channel {
            Some(channel) if channel.is_active || facts.keeps_channel => {
                if Capabilities::of(channel.kind).is_none() && self.sends_something() {
                    errors.add(field, "Esta conexão ainda não envia mensagens. Escolha outra, ou agende sem mensagem e arquivos.");
                }
            }
            _ => errors.add(
                field,
                "A conexão escolhida não está ativa ou este contato não tem endereço nela. Escolha outra.",
            ),
        }
        wanted
    }

    fn sends_something(&self) -> bool {
        !self.message.trim().is_empty() || !self.files.is_empty()
    }

    /// What the chosen channel can carry, if it is known and something is sent.
    fn limits(&self, facts: &Facts, action: Option<Action>) -> Option<Capabilities> {
        let channel = facts.channel(self.ids().channel).filter(|_| action.is_some_and(Action::opens_ticket));
        channel.and_then(|channel| Capabilities::of(channel.kind))
    }

    /// Linked records must belong to the schedule's contact.
    fn check_sources(&self, facts: &Facts, errors: &mut FieldErrors) {
        if facts.contact.is_none() {
            return;
        }
        if !self.ticket_id.trim().is_empty() && facts.ticket.is_none() {
            errors.add_with_summary(
                "ticket_id",
                "O chamado de onde você veio não é deste contato ou você não tem acesso a ele. Confira o contato e salve de novo: o agendamento não será ligado a esse chamado.",
                "Confira o contato.",
            );
        }
        if !self.rescheduled_from.trim().is_empty() && facts.rescheduled_from.is_none() {
            errors.add_with_summary(
                "rescheduled_from",
                "O agendamento que seria refeito não é deste contato ou ainda não terminou. Confira o contato e salve de novo: este será um agendamento à parte.",
                "Confira o contato.",
            );
        }
    }

    fn check_attendant(&self, facts: &Facts, action: Option<Action>, errors: &mut FieldErrors) {
        let is_chosen = !self.attendant_id.trim().is_empty();
        if is_chosen && facts.attendant.is_none() && facts.department.is_some() {
            errors.add("attendant_id", "Este atendente não é do departamento escolhido.");
        } else if !is_chosen && action.is_some_and(Action::notifies) {
            errors.add("attendant_id", "Selecione o atendente.");
        }
    }

    fn parse_message(
        &self,
        action: Option<Action>,
        limits: Option<Capabilities>,
        errors: &mut FieldErrors,
    ) -> String {
        let message = self.message.trim().to_owned();
        let limit = limits.map_or(MESSAGE_LIMIT, |limits| limits.max_text.min(MESSAGE_LIMIT));
        let used = message.chars().count();
        if used > limit {
            errors.add("message", too_long(used, limit));
            return message;
        }
        match variables::parse(&message) {
            Err(mistakes) => {
                let sentence = variables::in_words(&message, &mistakes);
                errors.add_with_summary("message", &sentence, "Corrija as variáveis da mensagem.");
            }
            Ok(found) => {
                let longest = variables::longest_filled(&message, &found);
                if longest > limit {
                    errors.add("message", too_long_when_filled(longest, limit));
                }
            }
        }
        if action == Some(Action::Notify) && !message.is_empty() {
            errors.add(
                "message",
                "Com “Notificar atendente”, nada é enviado ao contato. Apague a mensagem ou escolha outra ação.",
            );
        }
        message
    }

    fn parse_comment(&self, action: Option<Action>, errors: &mut FieldErrors) -> String {
        let comment = self.comment.trim().to_owned();
        let used = comment.chars().count();
        if used > COMMENT_LIMIT {
            errors.add("comment", too_long(used, COMMENT_LIMIT));
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

/// The error for a message that fits as it is written, but not with the longest names in it.
fn too_long_when_filled(longest: usize, limit: usize) -> String {
    format!(
        "Com as variáveis preenchidas, a mensagem pode chegar a {} caracteres. Use até {}.",
        thousands(longest),
        thousands(limit)
    )
}
