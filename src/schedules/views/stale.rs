//! What happened to a schedule while somebody edited it.

use askama::Template;

use super::changes::ChangeLine;
use super::show::failure_text;
use crate::auth::Viewer;
use crate::clock::Zone;
use crate::schedules::Status;
use crate::schedules::changes::{Changes, Field};
use crate::schedules::edit::Stale;
use crate::schedules::queries::{Detail, HistoryEntry};

#[derive(Template)]
#[template(path = "schedules/_stale.html")]
pub struct StaleNotice {
    id: String,
    title: &'static str,
    /// Who changed it and when, oldest first; or what came of it.
    sentences: Vec<String>,
    lines: Vec<Line>,
    is_over: bool,
}

struct Line {
    label: &'static str,
    before: String,
    after: String,
}

impl StaleNotice {
    pub fn new(viewer: &Viewer, stale: &Stale) -> Self {
        let (detail, zone) = (&stale.detail, viewer.zone);
        let is_over = detail.status.is_final();
        let edits: Vec<_> = stale.since.entries.iter().rev().filter(|entry| entry.kind == "edited").collect();
        let changes = edits.iter().fold(Changes::default(), |all, entry| all.then(&entry.changes()));
        let lines = ChangeLine::all(&changes, &stale.since.names, zone);
        let end = stale.since.entries.iter().find(|entry| entry.kind != "edited");
        Self {
            id: detail.id.to_string(),
            title: match detail.status {
                Status::Scheduled => "Este agendamento mudou enquanto você editava. Confira e salve de novo.",
                Status::Cancelled => "Este agendamento foi cancelado enquanto você editava.",
                Status::Completed => "Este agendamento foi disparado enquanto você editava.",
                Status::Failed => "Este agendamento terminou com erro enquanto você editava.",
            },
            sentences: if is_over {
                fate(zone, detail, end)
            } else {
                edits.iter().map(|entry| by_whom(zone, "Alterado", entry)).collect()
            },
            lines: if is_over {
                Vec::new()
            } else {
                lines.into_iter().map(|line| Line::new(line, stale)).collect()
            },
            is_over,
        }
    }
}

impl Line {
    fn new(line: ChangeLine, stale: &Stale) -> Self {
        let detail = &stale.detail;
        let names: Vec<&str> = stale.files.iter().map(|file| file.file_name.as_str()).collect();
        let now = |text: &str| if text.is_empty() { "Em branco".to_owned() } else { text.to_owned() };
        let other = "Outro texto".to_owned();
        let (before, after) = match (line.values, line.field) {
            (Some((before, after)), _) => (before, after),
            (None, Field::Message) => (other, now(&detail.message)),
            (None, Field::Comment) => (other, now(&detail.comment)),
            (None, Field::Files) if names.is_empty() => ("Outros".into(), "Nenhum".into()),
            (None, Field::Files) => ("Outros".into(), names.join(", ")),
            (None, _) => ("Fora do intervalo".into(), "Dentro do intervalo".into()),
        };
        Self { label: line.label, before, after }
    }
}

/// What came of a schedule that is pending no more.
fn fate(zone: Zone, detail: &Detail, end: Option<&HistoryEntry>) -> Vec<String> {
    let mut sentences: Vec<String> = match (detail.status, end) {
        (Status::Cancelled, Some(end)) => vec![by_whom(zone, "Cancelado", end)],
        (Status::Completed, Some(end)) => vec![by_whom(zone, "Disparado e concluído", end)],
        _ => Vec::new(),
    };
    sentences.extend(detail.cancel_reason.as_ref().map(|reason| format!("Motivo: {reason}")));
    sentences.extend(failure_text(detail, zone).map(|(what, why)| format!("{what} {why}")));
    sentences
}

fn by_whom(zone: Zone, what: &str, entry: &HistoryEntry) -> String {
    let who = entry.actor_name.as_ref().map(|name| format!(" por {name}")).unwrap_or_default();
    format!("{what}{who} em {}.", zone.date_time(entry.at))
}
