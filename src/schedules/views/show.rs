//! The page of one schedule.

use askama::Template;

use super::cancellation::CancellationForm;
use super::dispatch::DispatchForm;
use super::timeline::{self, Entry};
use super::warnings::Warning;
use crate::auth::Viewer;
use crate::clock::Zone;
use crate::contacts::display;
use crate::files::FileList;
use crate::schedules::queries::{Detail, DetailPage};
use crate::schedules::{Action, FailureReason, Status};
use crate::web::{initials, tint};

#[derive(Template)]
#[template(path = "schedules/show.html")]
pub struct Show {
    id: String,
    contact: String,
    contact_sub: String,
    /// The connection by which the message goes, unless it is the contact's first one.
    channel: Option<String>,
    initials: String,
    tint: u32,
    status: Status,
    is_unspaced: bool,
    due: String,
    /// When somebody ran it by hand, before its time.
    fired: Option<String>,
    action: Action,
    person: Option<String>,
    department: String,
    attendant: String,
    message: String,
    /// The text that was sent, if variables were filled in it.
    sent: Option<String>,
    files: Option<FileList>,
    comment: String,
    conversation: Option<String>,
    failure: Option<Failure>,
    warnings: Vec<Warning>,
    why_no_reschedule: Option<Warning>,
    cancel_reason: Option<String>,
    timeline: Vec<Entry>,
    is_history_retired: bool,
    can_change: bool,
    can_reschedule: bool,
    cancellation: Option<CancellationForm>,
    dispatch: Option<DispatchForm>,
}

/// What went wrong, why, and where to go next.
struct Failure {
    what: String,
    why: String,
    ticket: Option<(String, String)>,
}

impl Show {
    pub fn new(viewer: &Viewer, page: DetailPage) -> Self {
        let zone = viewer.zone;
        let timeline = timeline::entries(zone, &page);
        let failure = Failure::of(&page, zone);
        let detail = page.detail;
        let is_history_retired = detail.may_lack_history && page.history.entries.is_empty();
        let why_no_reschedule = Warning::why_no_reschedule(&detail).filter(|_| viewer.can_schedule());
        let can_change = viewer.can_schedule() && !detail.status.is_final();
        let due = format!("{} às {}", zone.long_date(detail.due_at), zone.time(detail.due_at));
        Self {
            id: detail.id.to_string(),
            initials: initials(&detail.contact_name),
            tint: tint(&detail.contact_id),
            contact_sub: display::subtitle(&detail.phone, &detail.email, &detail.channel_name),
            channel: detail.chosen_channel.clone().filter(|_| detail.action.opens_ticket()),
            status: detail.status,
            is_unspaced: detail.is_unspaced,
            due,
            fired: detail.fired_early_at.map(|at| zone.date_time(at)),
            action: detail.action,
            conversation: conversation(&detail),
            failure,
            warnings: Warning::all(&detail),
            timeline,
            is_history_retired,
            can_change,
            can_reschedule: viewer.can_schedule() && detail.status.is_final() && why_no_reschedule.is_none(),
            why_no_reschedule,
            cancellation: can_change.then(|| CancellationForm::new(viewer, &detail, true)),
            dispatch: can_change.then(|| DispatchForm::new(viewer, &detail, true)),
            contact: detail.contact_name,
            person: detail.person_name,
            department: detail.department_name,
            attendant: detail.attendant_name.unwrap_or_else(|| "Fila do departamento".into()),
            sent: detail.sent_message.filter(|sent| *sent != detail.message),
            message: detail.message,
            files: FileList::of(&page.files, ""),
            comment: detail.comment,
            cancel_reason: detail.cancel_reason,
        }
    }
}

impl Failure {
    fn of(page: &DetailPage, zone: Zone) -> Option<Self> {
        let (what, mut why) = failure_text(&page.detail, zone)?;
        let entry = page.history.entries.iter().find(|entry| entry.kind == "failed");
        let ticket = entry.and_then(|entry| Some((entry, entry.ticket_id?, entry.protocol?)));
        let Some((entry, ticket, protocol)) = ticket else {
            if entry.is_none() && page.detail.failure_reason == Some(FailureReason::TicketOpen) {
                // The deleted history named the ticket, which may have been closed long ago.
                let due = zone.date_time(page.detail.due_at);
                why = format!("O chamado já estava aberto em {due}. Agende outra data.");
            }
            return Some(Self { what, why, ticket: None });
        };
        if !entry.is_open {
            let due = zone.date_time(page.detail.due_at);
            why = format!(
                "O chamado nº {protocol} estava aberto em {due} e já foi fechado. Agende outra data."
            );
        }
        let link = (format!("/tickets/{ticket}"), format!("Ir para o chamado nº {protocol}"));
        let ticket = (entry.is_open && page.detail.is_readable).then_some(link);
        Some(Self { what, why, ticket })
    }
}

fn conversation(detail: &Detail) -> Option<String> {
    match (detail.is_readable, detail.ticket_id) {
        (false, _) => None,
        (true, Some(ticket)) => Some(format!("/tickets/{ticket}")),
        (true, None) => Some(format!("/contacts/{}/conversation", detail.contact_id)),
    }
}

/// What went wrong; and why, with what to do next.
pub fn failure_text(detail: &Detail, zone: Zone) -> Option<(String, String)> {
    let due = zone.date_time(detail.due_at);
    let what = match (detail.action, detail.sends) {
        (Action::Notify, _) => "O atendente não foi avisado na hora.",
        (_, false) => "O chamado não foi aberto.",
        (_, true) => "A mensagem não foi enviada.",
    };
    let why = match detail.failure_reason? {
        FailureReason::TicketOpen => {
            format!("O chamado já estava aberto em {due}. Feche o chamado e agende outra data.")
        }
        FailureReason::Expired => {
            format!("A plataforma estava parada em {due} e voltou tarde demais. Agende outra data.")
        }
        FailureReason::ContactInactive if detail.is_anonymised => {
            "O contato foi anonimizado e não recebe mais mensagens.".into()
        }
        FailureReason::ContactInactive => {
            "O contato foi arquivado ou está sem conexão ativa. Reative-o e agende outra data.".into()
        }
        FailureReason::DepartmentInactive => {
            "O departamento foi desativado. Agende de novo para outro departamento.".into()
        }
        FailureReason::Internal => {
            "O registro foi recusado pelo banco de dados. Informe ao administrador o número deste agendamento.".into()
        }
    };
    Some((what.into(), why))
}
