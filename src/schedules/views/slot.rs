//! Whether the wanted time is free, shown below the field "Data e hora".

use askama::Template;
use chrono::{DateTime, Utc};

use crate::auth::Viewer;
use crate::clock::Zone;
use crate::schedules::form::{Due, Fold};
use crate::schedules::slot::Slot;
use crate::schedules::spacing::Conflict;

#[derive(Template, Default)]
#[template(path = "schedules/_slot.html")]
pub struct SlotView {
    question: Option<FoldQuestion>,
    conflict: Option<ConflictNotice>,
    wrong: Option<Wrong>,
    is_free: bool,
    keeps_exempt_time: bool,
}

/// Asks which of two equal clock times is meant.
struct FoldQuestion {
    text: String,
    choices: Vec<FoldChoice>,
}

struct FoldChoice {
    fold: Fold,
    label: String,
    is_chosen: bool,
}

struct Wrong {
    text: &'static str,
    /// Existing times nearby: value and label.
    slots: Vec<(String, String)>,
}

struct ConflictNotice {
    title: String,
    href: String,
    contact: String,
    slots: Vec<(String, String)>,
}

impl SlotView {
    pub fn new(viewer: &Viewer, slot: Slot) -> Self {
        let zone = viewer.zone;
        let question = match slot.due {
            Due::Twice(twins) => Some(FoldQuestion::new(viewer, twins, None)),
            Due::At { at, twins: Some(twins), .. } => Some(FoldQuestion::new(viewer, twins, Some(at))),
            _ => None,
        };
        let wrong = match slot.due {
            Due::Missing | Due::Twice(_) | Due::At { .. } => None,
            Due::Never(beside) => {
                let slots = beside
                    .into_iter()
                    .flatten()
                    .map(|at| (zone.input(at), zone.free_time_label(at)))
                    .collect();
                slot.due.error().map(|text| Wrong { text, slots })
            }
            Due::Invalid | Due::Past => slot.due.error().map(|text| Wrong { text, slots: Vec::new() }),
        };
        Self {
            question,
            wrong,
            keeps_exempt_time: slot.keeps_exempt_time,
            is_free: slot.is_checked && slot.conflict.is_none() && !slot.keeps_exempt_time,
            conflict: slot.conflict.map(|conflict| ConflictNotice::new(viewer, conflict)),
        }
    }

    /// Whether this view already says what is wrong with the time.
    pub fn shows_error(&self) -> bool {
        self.conflict.is_some() || self.wrong.is_some()
    }
}

impl FoldQuestion {
    fn new(viewer: &Viewer, twins: [DateTime<Utc>; 2], chosen: Option<DateTime<Utc>>) -> Self {
        let zone = viewer.zone;
        let choice = |(fold, at, name): (Fold, DateTime<Utc>, &str)| FoldChoice {
            fold,
            label: format!("{name}: {} ({})", zone.time(at), zone.offset(at)),
            is_chosen: chosen == Some(at),
        };
        let [first, second] = twins;
        Self {
            text: format!(
                "Em {} o relógio é atrasado e {} acontece duas vezes. Qual delas?",
                zone.date(first),
                zone.time(first)
            ),
            choices: [(Fold::First, first, "A primeira"), (Fold::Second, second, "A segunda")]
                .map(choice)
                .into(),
        }
    }
}

/// A time as the value and the label of a button. If the clocks repeat it, both say which of the two it is.
pub(super) fn suggestion(zone: Zone, at: DateTime<Utc>) -> (String, String) {
    match Fold::of(zone, at) {
        Some(fold) => (
            format!("{} {}", zone.input(at), fold.as_str()),
            format!("{} ({})", zone.free_time_label(at), zone.offset(at)),
        ),
        None => (zone.input(at), zone.free_time_label(at)),
    }
}

impl ConflictNotice {
    fn new(viewer: &Viewer, conflict: Conflict) -> Self {
        let zone = viewer.zone;
        let (date, time) = (zone.date(conflict.due_at), zone.time(conflict.due_at));
        let slots = [conflict.before, conflict.after].into_iter().flatten();
        Self {
            title: format!("Já existe um agendamento em {date} às {time}."),
            href: format!("/schedules/{}", conflict.with),
            contact: conflict.contact_name,
            slots: slots.map(|at| suggestion(zone, at)).collect(),
        }
    }
}
