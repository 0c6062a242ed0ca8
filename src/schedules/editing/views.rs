//! What happened to a schedule while somebody edited it.

use askama::Template;

use super::edit::Stale;
use super::merging::{Original, Part};
use crate::auth::Viewer;
use crate::clock::Zone;
use crate::schedules::Status;
use crate::schedules::changes::Changes;
use crate::schedules::queries::{Detail, HistoryEntry};
use crate::schedules::views::{ChangeLine, QUEUE, failure_text, with_second};
use crate::web::BLANK;

#[derive(Template)]
#[template(path = "schedules/_stale.html")]
pub struct StaleNotice {
    id: String,
    title: &'static str,
    /// Who changed it and when, oldest first; or how it ended.
    sentences: Vec<String>,
    /// The time zone of the shown times, if it changed since the form was opened.
    other_zone: Option<String>,
    /// Parts that both users changed: the user must choose one of the two values.
    both: Vec<Line>,
    /// Parts that only the other user changed. The form has taken them over.
    taken: Vec<Line>,
    is_over: bool,
}

struct Line {
    part: Part,
    /// What this user typed; or the old value, if it is known.
    before: Option<String>,
    after: String,
    /// Who saved the new value, and when.
    by: String,
    button: String,
}

impl StaleNotice {
    /// `own` is what this user typed in the parts that both changed.
    pub fn new(viewer: &Viewer, stale: &Stale, own: Vec<(Part, String)>, original: &Original) -> Self {
        let (detail, zone) = (&stale.detail, viewer.zone);
        let is_over = detail.status.is_final();
        let edits: Vec<_> = stale.since.entries.iter().rev().filter(|entry| entry.kind == "edited").collect();
        let end = stale.since.entries.iter().find(|entry| entry.kind != "edited");
        let sentences = match is_over {
            true => fate(zone, detail, end),
            false => edits.iter().map(|entry| by_whom(zone, "Alterado", entry)).collect(),
        };
        let asked: Vec<Part> = own.iter().map(|(part, _)| *part).collect();
        let taken = taken(zone, stale, original).into_iter().filter(|line| !asked.contains(&line.part));
        Self {
            id: detail.id.to_string(),
            title: match detail.status {
                Status::Scheduled if stale.is_of_other_zone => {
                    "O fuso horário da empresa mudou enquanto você editava. Confira e salve de novo."
                }
                Status::Scheduled => "Este agendamento mudou enquanto você editava. Confira e salve de novo.",
                Status::Cancelled => "Este agendamento foi cancelado enquanto você editava.",
                Status::Completed => "Este agendamento foi disparado enquanto você editava.",
                Status::Failed => "Este agendamento terminou com erro enquanto você editava.",
            },
            sentences,
            other_zone: stale.is_of_other_zone.then(|| crate::settings::zone_hint(zone)),
            taken: if is_over { Vec::new() } else { taken.collect() },
            both: own.into_iter().map(|(part, typed)| Line::new(zone, stale, part, Some(typed))).collect(),
            is_over,
        }
    }
}

impl Line {
    fn new(zone: Zone, stale: &Stale, part: Part, before: Option<String>) -> Self {
        let changed = |entry: &&HistoryEntry| {
            let changes = entry.changes();
            changes.iter().any(|(field, _)| Part::of(field) == Some(part))
        };
        let entry = stale.since.entries.iter().filter(|entry| entry.kind == "edited").find(changed);
        let who = entry.and_then(|entry| entry.actor_name.as_deref());
        let at = entry.map(|entry| zone.date_time(entry.at));
        let by = [who, at.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let button = who.map_or_else(|| "Usar o que foi salvo".into(), |who| format!("Usar o de {who}"));
        let before = before.map(or_blank);
        Self { part, before, after: or_blank(now(zone, stale, part)), by, button }
    }
}

/// A line for each part that has changed since, in the order of the form.
fn taken(zone: Zone, stale: &Stale, original: &Original) -> Vec<Line> {
    let edits = stale.since.entries.iter().rev().filter(|entry| entry.kind == "edited");
    let changes = edits.fold(Changes::default(), |all, entry| all.then(&entry.changes()));
    let mut lines = Vec::<Line>::new();
    for change in ChangeLine::all(&changes, &stale.since.names, zone) {
        let Some(part) = Part::of(change.field) else { continue };
        let before = match (change.values, part) {
            // The history does not keep texts; the form does.
            (None, Part::Message | Part::Comment) => original.first(part).map(str::to_owned),
            (values, _) => values.map(|(before, _)| before),
        };
        match lines.last_mut().filter(|last| last.part == part) {
            Some(last) => {
                last.before =
                    [last.before.take(), before].into_iter().flatten().reduce(|a, b| format!("{a}, {b}"))
            }
            None => lines.push(Line::new(zone, stale, part, before)),
        }
    }
    for line in &mut lines {
        line.before = line.before.take().filter(|before| *before != line.after);
    }
    lines
}

/// The current value of a part.
fn now(zone: Zone, stale: &Stale, part: Part) -> String {
    let detail = &stale.detail;
    match part {
        Part::Contact => with_second(detail.contact_name.clone(), detail.person_name.clone()),
        Part::Attendance => {
            let attendant = detail.attendant_name.clone().unwrap_or_else(|| QUEUE.into());
            with_second(detail.department_name.clone(), Some(attendant))
        }
        Part::Action => detail.action.label().into(),
        Part::Due => zone.date_time(detail.due_at),
        Part::Message => detail.message.clone(),
        Part::Files => stale.files.iter().map(|file| file.file_name.as_str()).collect::<Vec<_>>().join(", "),
        Part::Comment => detail.comment.clone(),
    }
}

fn or_blank(text: String) -> String {
    if text.trim().is_empty() { BLANK.into() } else { text }
}

/// How a schedule ended.
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
