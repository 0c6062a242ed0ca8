//! The question before a schedule is run: a page for browsers without JavaScript, a dialog of the schedule's
//! page for others.

use askama::Template;

use crate::auth::Viewer;
use crate::schedules::queries::Detail;
use crate::schedules::{Action, FailureReason};
use crate::tickets::OpenTicket;

/// The question before running, as a page.
#[derive(Template)]
#[template(path = "schedules/dispatch.html")]
pub struct DispatchPage {
    form: DispatchForm,
}

impl DispatchPage {
    pub fn new(viewer: &Viewer, detail: &Detail) -> Self {
        Self { form: DispatchForm::new(viewer, detail, false) }
    }

    /// The same page with the reason why it cannot run.
    pub fn refused(mut self, reason: FailureReason, ticket: Option<OpenTicket>) -> Self {
        let why = match (reason, ticket) {
            (FailureReason::TicketOpen, Some(ticket)) => {
                format!(
                    "O chamado nº {} deste contato está aberto. Feche o chamado e tente de novo.",
                    ticket.protocol
                )
            }
            (FailureReason::TicketOpen, None) => {
                "O chamado deste contato estava aberto. Tente de novo.".into()
            }
            (FailureReason::ContactInactive, _) => {
                "O contato foi arquivado ou está sem conexão ativa. Reative-o ou edite o agendamento.".into()
            }
            (FailureReason::DepartmentInactive, _) => {
                "O departamento foi desativado. Edite o agendamento e escolha outro.".into()
            }
            (FailureReason::Expired | FailureReason::Internal, _) => {
                "O disparo foi recusado. Informe ao administrador o número deste agendamento.".into()
            }
        };
        let link = ticket.filter(|_| reason == FailureReason::TicketOpen);
        self.form.ticket = link.map(|ticket| format!("/tickets/{}", ticket.id));
        self.form.refusal = Some(why);
        self
    }
}

/// The same question as a part of that page, or in a dialog.
#[derive(Template)]
#[template(path = "schedules/_dispatch_form.html")]
pub struct DispatchForm {
    id: String,
    sentence: String,
    /// Why it could not run, and the address of the ticket that prevented it.
    refusal: Option<String>,
    ticket: Option<String>,
    is_dialog: bool,
}

impl DispatchForm {
    pub fn new(viewer: &Viewer, detail: &Detail, is_dialog: bool) -> Self {
        let due = viewer.zone.date_time(detail.due_at);
        let contact = &detail.contact_name;
        let what = match (detail.action, detail.sends) {
            (Action::Notify, _) => format!("O atendente é lembrado de {contact} agora"),
            (_, false) => format!("O chamado para {contact} é aberto agora"),
            (_, true) => format!("A mensagem para {contact} é enviada e o chamado é aberto agora"),
        };
        let sentence = format!("{what}, e não em {due}.");
        let (refusal, ticket) = (None, None);
        Self { id: detail.id.to_string(), sentence, refusal, ticket, is_dialog }
    }
}
