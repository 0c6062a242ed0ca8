//! What happened to a schedule, newest first.

use chrono::{DateTime, Utc};

use super::changes::ChangeLine;
use crate::clock::Zone;
use crate::outbox::DeliveryState;
use crate::schedules::Status;
use crate::schedules::queries::{Detail, DetailPage, HistoryEntry, Related};

pub struct Entry {
    pub style: &'static str,
    pub icon: &'static str,
    pub title: String,
    pub sub: String,
    /// What an edit changed, one line each.
    pub lines: Vec<String>,
    /// A link to more: address and text.
    pub link: Option<(String, String)>,
    at: DateTime<Utc>,
}

/// All entries. A pending run comes first.
pub fn entries(zone: Zone, page: &DetailPage) -> Vec<Entry> {
    let detail = &page.detail;
    let mut entries = Vec::new();
    for (at, icon, title) in [
        (detail.read_at, "checks", "Mensagem lida"),
        (detail.delivered_at, "message-check", "Mensagem entregue"),
    ] {
        entries.extend(at.map(|at| Entry::new("done", icon, title, at).with_sub(zone, &[])));
    }
    entries.extend(handed_over(zone, detail));
    for entry in &page.history.entries {
        entries.extend(notified(zone, entry));
        if entry.kind == "completed" && detail.action.opens_ticket() {
            entries.extend(opened(zone, detail, entry));
        }
        entries.push(what_happened(zone, page, entry));
    }
    entries.extend(
        page.related.iter().filter(|related| !related.is_source).map(|related| rescheduled(zone, related)),
    );
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    if detail.status == Status::Scheduled {
        let mut awaited = Entry::new("scheduled", "clock", "Aguardando o disparo", detail.due_at);
        awaited.sub = format!("Previsto para {}", zone.date_time(detail.due_at));
        entries.insert(0, awaited);
    }
    entries
}

impl Entry {
    fn new(style: &'static str, icon: &'static str, title: impl Into<String>, at: DateTime<Utc>) -> Self {
        let (sub, lines, link) = (String::new(), Vec::new(), None);
        Self { style, icon, title: title.into(), sub, lines, link, at }
    }

    /// Sets the line below the title: the date and the given parts.
    fn with_sub(mut self, zone: Zone, parts: &[&str]) -> Self {
        let parts = parts.iter().filter(|part| !part.is_empty()).copied();
        let date = zone.date_time(self.at);
        self.sub = std::iter::once(date.as_str()).chain(parts).collect::<Vec<_>>().join(" · ");
        self
    }

    fn linked(mut self, href: String, text: impl Into<String>) -> Self {
        self.link = Some((href, text.into()));
        self
    }
}

fn what_happened(zone: Zone, page: &DetailPage, entry: &HistoryEntry) -> Entry {
    let detail = &page.detail;
    let who = entry.actor_name.as_deref().unwrap_or_default();
    match entry.kind.as_str() {
        "created" => created(zone, page, entry),
        "edited" if entry.changes().is_mark() => {
            let mut marked = Entry::new("scheduled", "clock-pause", "Intervalo da empresa mudou", entry.at);
            marked.lines = vec![match entry.changes().marks() {
                true => "Ficou fora do intervalo e continua valendo no mesmo horário".into(),
                false => "Voltou a caber no intervalo".into(),
            }];
            marked.with_sub(zone, &[who])
        }
        "edited" => {
            let changes = ChangeLine::all(&entry.changes(), &page.history.names, zone);
            let mut edited = Entry::new("scheduled", "pencil", "Agendamento editado", entry.at);
            edited.lines = changes.iter().map(ChangeLine::sentence).collect();
            edited.with_sub(zone, &[who])
        }
        "cancelled" => {
            let mut cancelled = Entry::new("cancelled", "ban", "Agendamento cancelado", entry.at);
            cancelled.lines = detail.cancel_reason.iter().map(|reason| format!("“{reason}”")).collect();
            cancelled.with_sub(zone, &[who])
        }
        "completed" if !who.is_empty() => {
            let planned = format!("estava previsto para {}", zone.date_time(detail.due_at));
            let fired = Entry::new("done", "bolt", format!("Disparado agora por {who}"), entry.at);
            fired.with_sub(zone, &[&planned])
        }
        "completed" => {
            let fired = Entry::new("done", "circle-check", "Disparado", entry.at);
            fired.with_sub(zone, &[&lateness(detail, entry)])
        }
        _ => {
            let failed = Entry::new("error", "alert-triangle", "Erro no disparo", entry.at);
            let why = entry.protocol.map(|protocol| format!("o chamado nº {protocol} já estava aberto"));
            failed.with_sub(zone, &[&lateness(detail, entry), why.as_deref().unwrap_or_default()])
        }
    }
}

fn created(zone: Zone, page: &DetailPage, entry: &HistoryEntry) -> Entry {
    let who = entry.actor_name.as_deref().unwrap_or_default();
    let from = entry.protocol.map(|protocol| format!("a partir do chamado nº {protocol}"));
    let created = Entry::new("scheduled", "calendar-plus", "Agendamento criado", entry.at)
        .with_sub(zone, &[who, from.as_deref().unwrap_or_default()]);
    match page.related.iter().find(|related| related.is_source) {
        Some(Related { id, .. }) => {
            created.linked(format!("/schedules/{id}"), format!("Reagendamento do nº {id}"))
        }
        None => created,
    }
}

/// What became of the message, if a channel hands it over.
fn handed_over(zone: Zone, detail: &Detail) -> Vec<Entry> {
    let by = detail.sender.as_deref().map(|name| format!("segundo {name}")).unwrap_or_default();
    let mut entries = Vec::new();
    entries.extend(
        detail.sent_at.map(|at| Entry::new("done", "send-2", "Mensagem enviada", at).with_sub(zone, &[&by])),
    );
    let title = match detail.delivery {
        Some(DeliveryState::Failed) => "Mensagem não entregue",
        Some(DeliveryState::Uncertain) => "Envio da mensagem incerto",
        Some(DeliveryState::Discarded) => "Mensagem descartada",
        _ => return entries,
    };
    let Some(at) = detail.delivery_ended_at else { return entries };
    let mut ended = Entry::new("error", "alert-triangle", title, at);
    ended.lines.extend(detail.delivery_reason.map(|reason| reason.sentence().to_owned()));
    let said = detail.delivery_reason.zip(detail.delivery_detail.as_ref());
    ended.lines.extend(said.map(|(reason, said)| reason.detail(said)));
    entries.push(ended.with_sub(zone, &[]));
    entries
}

/// The ticket that a schedule opened.
fn opened(zone: Zone, detail: &Detail, entry: &HistoryEntry) -> Option<Entry> {
    let (ticket, protocol) = (entry.ticket_id?, entry.protocol?);
    let title = format!("Chamado nº {protocol} aberto");
    let sent = match detail.delivery {
        None if detail.sends => "mensagem enviada",
        Some(DeliveryState::Queued) => "mensagem na fila",
        _ => "",
    };
    let opened = Entry::new("done", "message-plus", title, entry.at).with_sub(zone, &[sent]);
    Some(match detail.is_readable {
        true => opened.linked(format!("/tickets/{ticket}"), "Ver chamado"),
        false => opened,
    })
}

fn notified(zone: Zone, entry: &HistoryEntry) -> Option<Entry> {
    let title = match entry.notified.len() {
        0 => return None,
        1 => "Atendente notificado",
        _ => "Atendentes notificados",
    };
    Some(Entry::new("", "bell", title, entry.at).with_sub(zone, &[&entry.notified.join(", ")]))
}

fn rescheduled(zone: Zone, related: &Related) -> Entry {
    let who = related.actor_name.as_deref().unwrap_or_default();
    Entry::new("scheduled", "calendar-plus", "Reagendado", related.at)
        .with_sub(zone, &[who])
        .linked(format!("/schedules/{}", related.id), format!("Reagendado como nº {}", related.id))
}

/// "no horário (7 ms)", "com 12 min de atraso".
fn lateness(detail: &Detail, entry: &HistoryEntry) -> String {
    let late_ms = entry.late_ms.unwrap_or_else(|| (entry.at - detail.due_at).num_milliseconds());
    let (second, minute, hour, day) = (1000, 60_000, 3_600_000, 86_400_000);
    match late_ms {
        ..=0 => "no horário".into(),
        late if late < second => format!("no horário ({late} ms)"),
        late if late < minute => format!("com {} s de atraso", late / second),
        late if late < 2 * hour => format!("com {} min de atraso", late / minute),
        late if late < 2 * day => format!("com {} h de atraso", late / hour),
        late => format!("com {} dias de atraso", late / day),
    }
}
