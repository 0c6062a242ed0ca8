//! Prefilled forms: for a contact, for editing a schedule, for rescheduling one.

use super::{Fold, ScheduleInput};
use crate::clock::{self, Zone};
use crate::ids::{ChannelId, TicketId};
use crate::schedules::draft::Facts;
use crate::schedules::editing::Original;
use crate::schedules::queries::{Choice, Proposal, Stored};

impl ScheduleInput {
    /// A new form with the proposal for a contact, and the ticket that it was opened from.
    pub fn proposing(proposal: &Proposal, ticket: Option<TicketId>) -> Self {
        Self { ticket_id: id_text(ticket), contact_id: proposal.contact.to_string(), ..Self::blank() }
            .with_proposal(proposal)
    }

    /// Fills in the proposal for the contact where nothing was chosen yet.
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

    /// Chooses the channel; `None` for the contact's first.
    pub fn with_channel(self, channel: Option<ChannelId>) -> Self {
        Self { channel_id: id_text(channel), ..self }
    }

    /// Chooses the department if there is only one.
    pub fn with_only_department(mut self, departments: &[Choice]) -> Self {
        if let ([only], true) = (departments, self.department_id.trim().is_empty()) {
            self.department_id = only.id.to_string();
        }
        self
    }

    /// A form for editing this schedule.
    pub fn of(stored: &Stored, zone: Zone) -> Self {
        let typed = Self {
            person_id: id_text(stored.person_id),
            contact_id: stored.contact_id.to_string(),
            channel_id: id_text(stored.channel_id),
            department_id: stored.department_id.to_string(),
            attendant_id: id_text(stored.attendant_id),
            action: stored.action.as_str().into(),
            due_at: clock::typed(zone.local(stored.due_at)),
            due_shown: clock::typed(zone.local(stored.due_at)),
            due_fold: Fold::of(zone, stored.due_at).map_or("", Fold::as_str).into(),
            message: stored.message.clone(),
            comment: stored.comment.clone(),
            version: stored.version.to_string(),
            zone: zone.name().into(),
            files: stored.files.clone(),
            ..Self::blank()
        };
        Self { original: Original::of(&typed, stored.version).text(), ..typed }
    }

    /// A form for a new schedule with the values of a final one. The time must still be chosen.
    pub fn rescheduling(stored: &Stored, zone: Zone) -> Self {
        let (due_at, due_shown, due_fold, version, original) = Default::default();
        let rescheduled_from = stored.id.to_string();
        Self { due_at, due_shown, due_fold, version, original, rescheduled_from, ..Self::of(stored, zone) }
    }
}

impl ScheduleInput {
    /// Removes what no longer fits from a form for a new schedule. Also returns the reasons, as sentences.
    pub fn without_unfit(mut self, facts: &Facts) -> (Self, Vec<&'static str>) {
        let mut reasons = Vec::new();
        let ids = self.ids();
        let is_gone = ids.person.is_some() && facts.person.is_none();
        if let Some(reason) = facts.unfit_person().or(is_gone.then_some("A pessoa foi arquivada.")) {
            self.person_id.clear();
            reasons.push(reason);
        }
        if ids.channel.is_some() && facts.channel(ids.channel).is_none() {
            self.channel_id.clear();
            reasons.push("A conexão escolhida não está mais ativa para este contato.");
        }
        if ids.department.is_some() && facts.department.is_none() {
            self.department_id.clear();
            self.attendant_id.clear();
            reasons.push("O departamento foi desativado.");
        } else if ids.attendant.is_some() && facts.attendant.is_none() {
            self.attendant_id.clear();
            reasons.push("O atendente não atende mais neste departamento.");
        }
        (self, reasons)
    }
}

/// An id as a select's value; empty for `None`.
fn id_text(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
