//! What happened to a schedule while somebody edited it.

use super::edit::Stale;
use super::merging::{Original, Part};
use crate::auth::Viewer;
use crate::clock::Zone;
use crate::refusal::BLANK;
use crate::schedules::Status;
use crate::schedules::changes::Changes;
use crate::schedules::queries::{Detail, HistoryEntry};
use crate::schedules::views::{ChangeLine, QUEUE, failure_text, with_second};
use crate::web::{self, ChangedField, ChangedFields, Choice};

struct Line {
    part: Part,
    /// What this user typed; or the old value, if it is known.
    before: Option<String>,
    after: String,
    /// Who saved the new value, and when.
    by: String,
    button: String,
}

/// The notice above the form. `own` is what this user typed in the parts that both changed.
pub fn stale_notice(
    viewer: &Viewer,
    stale: &Stale,
    own: Vec<(Part, String)>,
    original: &Original,
) -> web::StaleNotice {
    let (detail, zone) = (&stale.detail, viewer.zone);
    let title = match detail.status {
        Status::Scheduled if stale.is_of_other_zone => {
            "O fuso horário da empresa mudou enquanto você editava. Confira e salve de novo."
        }
        Status::Scheduled => "Este agendamento mudou enquanto você editava. Confira e salve de novo.",
        Status::Cancelled => "Este agendamento foi cancelado enquanto você editava.",
        Status::Completed => "Este agendamento foi disparado enquanto você editava.",
        Status::Failed => "Este agendamento terminou com erro enquanto você editava.",
    };
    if detail.status.is_final() {
        let end = stale.since.entries.iter().find(|entry| entry.kind != "edited");
        return web::StaleNotice::new(title, fate(zone, detail, end)).with_advice(
            "O que você preencheu continua abaixo. Escolha outra data e hora e use “Reagendar” para criar um novo agendamento, ou",
            format!("/schedules/{}", detail.id),
            "veja o que aconteceu",
        );
    }
    let edits = stale.since.entries.iter().rev().filter(|entry| entry.kind == "edited");
    let mut sentences: Vec<String> = edits.map(|entry| by_whom(zone, "Alterado", entry)).collect();
    if stale.is_of_other_zone {
        let hint = crate::settings::zone_hint(zone);
        sentences.push(format!(
            "Os horários agora são mostrados assim: {hint} O agendamento continua valendo no mesmo instante."
        ));
    }
    let asked: Vec<Part> = own.iter().map(|(part, _)| *part).collect();
    let taken = taken(zone, stale, original).into_iter().filter(|line| !asked.contains(&line.part));
    let both = own.into_iter().map(|(part, typed)| Line::new(zone, stale, part, Some(typed)));
    web::StaleNotice::new(title, sentences)
        .with(ChangedFields::both(both.map(Line::with_choice).collect()))
        .with(ChangedFields::taken(taken.map(Line::shown).collect()))
        .with_advice(
            "O que você preencheu ainda não foi salvo. Se preferir,",
            format!("/schedules/{}/edit", detail.id),
            "comece pela versão atual",
        )
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

    fn shown(self) -> ChangedField {
        let Self { part, before, after, by, .. } = self;
        ChangedField { label: part.label().into(), before, after, by, choice: None }
    }

    /// The line with a button that puts the saved value into the form.
    fn with_choice(self) -> ChangedField {
        let (value, text) = (self.part.as_str(), self.button.clone());
        ChangedField { choice: Some(Choice { form: "schedule-form", value, text }), ..self.shown() }
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
        Part::Contact => {
            let contact = with_second(detail.contact_name.clone(), detail.person_name.clone());
            with_second(contact, detail.chosen_channel.clone())
        }
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
