//! The page of one schedule, and the question before cancelling it.

use askama::Template;
use chrono::{DateTime, Duration, Utc};

use crate::auth::Viewer;
use crate::clock::Zone;
use crate::contacts::display;
use crate::schedules::queries::{Detail, HistoryEntry};
use crate::schedules::{Action, FailureReason, Status};
use crate::web::{initials, tint};

#[derive(Template)]
#[template(path = "schedules/show.html")]
pub struct Show {
    id: String,
    contact: String,
    contact_sub: String,
    initials: String,
    tint: u32,
    status: Status,
    due: String,
    action: Action,
    person: Option<String>,
    department: String,
    attendant: String,
    message: String,
    comment: String,
    conversation: Option<String>,
    failure: Option<(String, String)>,
    cancel_reason: Option<String>,
    history: Vec<Entry>,
    cancellation: Option<CancelForm>,
}

struct Entry {
    style: &'static str,
    icon: &'static str,
    title: String,
    sub: String,
}

impl Show {
    pub fn new(viewer: &Viewer, csrf: &str, detail: Detail, history: Vec<HistoryEntry>) -> Self {
        let zone = viewer.zone;
        let can_cancel = viewer.can_schedule() && !detail.status.is_final();
        let due = format!("{} às {}", zone.long_date(detail.due_at), zone.time(detail.due_at));
        Self {
            id: detail.id.to_string(),
            initials: initials(&detail.contact_name),
            tint: tint(&detail.contact_id),
            contact_sub: display::line(&detail.phone, &detail.email, &detail.channel_name),
            status: detail.status,
            due,
            action: detail.action,
            conversation: conversation(&detail),
            failure: failure(&detail, zone),
            history: entries(zone, &detail, &history),
            cancellation: can_cancel.then(|| CancelForm::new(viewer, csrf, &detail, true)),
            contact: detail.contact_name,
            person: detail.person_name,
            department: detail.department_name,
            attendant: detail.attendant_name.unwrap_or_else(|| "Fila do departamento".into()),
            message: detail.message,
            comment: detail.comment,
            cancel_reason: detail.cancel_reason,
        }
    }
}

/// The question before cancelling, as a page of its own for browsers without scripts.
#[derive(Template)]
#[template(path = "schedules/cancellation.html")]
pub struct Cancellation {
    form: CancelForm,
}

impl Cancellation {
    pub fn new(viewer: &Viewer, csrf: &str, detail: &Detail) -> Self {
        Self { form: CancelForm::new(viewer, csrf, detail, false) }
    }

    /// The same page with what was typed and what is wrong with it.
    pub fn refused(mut self, reason: &str, error: &'static str) -> Self {
        self.form.reason = reason.to_owned();
        self.form.error = Some(error);
        self
    }
}

/// The same question within that page, or in a dialogue of the schedule's page.
#[derive(Template)]
#[template(path = "schedules/_cancel_form.html")]
struct CancelForm {
    csrf: String,
    id: String,
    sentence: String,
    reason: String,
    error: Option<&'static str>,
    is_dialog: bool,
}

impl CancelForm {
    fn new(viewer: &Viewer, csrf: &str, detail: &Detail, is_dialog: bool) -> Self {
        let due = viewer.zone.date_time(detail.due_at);
        let contact = &detail.contact_name;
        let sentence = match (detail.action, detail.message.is_empty()) {
            (Action::Notify, _) => format!("O atendente não será lembrado de {contact} em {due}."),
            (_, true) => format!("O chamado para {contact} em {due} não será aberto."),
            (_, false) => format!("A mensagem para {contact} em {due} não será enviada."),
        };
        let (reason, error) = (String::new(), None);
        Self { csrf: csrf.to_owned(), id: detail.id.to_string(), sentence, reason, error, is_dialog }
    }
}

fn conversation(detail: &Detail) -> Option<String> {
    match (detail.is_readable, detail.ticket_id) {
        (false, _) => None,
        (true, Some(ticket)) => Some(format!("/tickets/{ticket}")),
        (true, None) => Some(format!("/contacts/{}/conversation", detail.contact_id)),
    }
}

/// What went wrong, and what to do next.
fn failure(detail: &Detail, zone: Zone) -> Option<(String, String)> {
    let due = zone.date_time(detail.due_at);
    let what = match (detail.action, detail.message.is_empty()) {
        (Action::Notify, _) => "O atendente não foi avisado na hora.",
        (_, true) => "O chamado não foi aberto.",
        (_, false) => "A mensagem não foi enviada.",
    };
    let why = match detail.failure_reason? {
        FailureReason::TicketOpen => {
            format!("O chamado já estava aberto em {due}. Feche o chamado e agende outra data.")
        }
        FailureReason::Expired => {
            format!("A plataforma estava parada em {due} e voltou tarde demais. Agende outra data.")
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

fn entries(zone: Zone, detail: &Detail, history: &[HistoryEntry]) -> Vec<Entry> {
    let mut entries = Vec::new();
    if detail.status == Status::Scheduled {
        let sub = format!("Previsto para {}", zone.date_time(detail.due_at));
        entries.push(Entry::new("scheduled", "clock", "Aguardando o disparo", sub));
    }
    for (at, icon, title) in [
        (detail.read_at, "checks", "Mensagem lida"),
        (detail.delivered_at, "message-check", "Mensagem entregue"),
    ] {
        entries.extend(at.map(|at| Entry::new("done", icon, title, zone.date_time(at))));
    }
    for entry in history {
        if !entry.notified.is_empty() {
            let title =
                if entry.notified.len() == 1 { "Atendente notificado" } else { "Atendentes notificados" };
            let sub = format!("{} · {}", zone.date_time(entry.at), entry.notified.join(", "));
            entries.push(Entry::new("", "bell", title, sub));
        }
        entries.push(Entry::of(zone, detail, entry));
    }
    entries
}

impl Entry {
    fn new(style: &'static str, icon: &'static str, title: &str, sub: String) -> Self {
        Self { style, icon, title: title.into(), sub }
    }

    fn of(zone: Zone, detail: &Detail, entry: &HistoryEntry) -> Self {
        let (style, icon, title) = match entry.kind.as_str() {
            "created" => ("scheduled", "calendar-plus", "Agendamento criado"),
            "edited" => ("scheduled", "pencil", "Agendamento editado"),
            "cancelled" => ("cancelled", "ban", "Agendamento cancelado"),
            "completed" if detail.action.opens_ticket() => ("done", "circle-check", "Chamado aberto"),
            "completed" => ("done", "circle-check", "Lembrete enviado"),
            _ => ("error", "alert-triangle", "Erro no disparo"),
        };
        let mut parts = vec![zone.date_time(entry.at)];
        parts.extend(entry.actor_name.clone());
        match (entry.kind.as_str(), entry.protocol) {
            ("created", Some(protocol)) => parts.push(format!("a partir do chamado nº {protocol}")),
            ("failed", Some(protocol)) => parts.push(format!("o chamado nº {protocol} já estava aberto")),
            (_, Some(protocol)) => parts.push(format!("chamado nº {protocol}")),
            (_, None) => {}
        }
        if matches!(entry.kind.as_str(), "completed" | "failed") {
            parts.extend(lateness(detail.due_at, entry.at));
        }
        Self::new(style, icon, title, parts.join(" · "))
    }
}

/// "com 12 min de atraso", from one minute on.
fn lateness(due_at: DateTime<Utc>, at: DateTime<Utc>) -> Option<String> {
    let late = at - due_at;
    match late {
        late if late < Duration::minutes(1) => None,
        late if late < Duration::hours(2) => Some(format!("com {} min de atraso", late.num_minutes())),
        late if late < Duration::days(2) => Some(format!("com {} h de atraso", late.num_hours())),
        late => Some(format!("com {} dias de atraso", late.num_days())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_told_from_a_minute_on() {
        let due = DateTime::UNIX_EPOCH;
        assert_eq!(lateness(due, due + Duration::seconds(59)), None);
        assert_eq!(lateness(due, due + Duration::minutes(12)).unwrap(), "com 12 min de atraso");
        assert_eq!(lateness(due, due + Duration::hours(3)).unwrap(), "com 3 h de atraso");
    }
}
