//! What the typed time means and whether it is free, shown below the fields "Quando" and "Data e hora".

use askama::Template;
use chrono::{DateTime, Utc};

use super::suggestions::SuggestionsView;
use crate::auth::Viewer;
use crate::clock::words::{self, Question};
use crate::clock::{self, Zone};
use crate::schedules::form::{Due, Fold};
use crate::schedules::slot::Slot;
use crate::schedules::spacing::Conflict;

#[derive(Template, Default)]
#[template(path = "schedules/_slot.html")]
pub struct SlotView {
    echo: Option<Echo>,
    unread: Option<Unread>,
    question: Option<FoldQuestion>,
    conflict: Option<ConflictNotice>,
    wrong: Option<Wrong>,
    is_free: bool,
    keeps_exempt_time: bool,
    pub(super) suggestions: SuggestionsView,
    /// Whether it is part of a page, or the answer to a script.
    is_of_page: bool,
    /// The words that were read, for the script that asked.
    words: String,
}

/// The time in words, and as "Data e hora" shows it.
struct Echo {
    text: String,
    typed: String,
}

/// The words, with the place that is not understood.
struct Unread {
    before: String,
    place: String,
    after: String,
    sentence: String,
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

/// Something to correct, or to choose.
struct Wrong {
    text: String,
    /// What the times below are.
    hint: Option<&'static str>,
    /// Value and label.
    slots: Vec<(String, String)>,
    /// The field that is wrong.
    field: &'static str,
}

struct ConflictNotice {
    title: String,
    href: String,
    contact: String,
    slots: Vec<(String, String)>,
}

impl SlotView {
    /// As part of a page. `words` are those of "Quando".
    pub fn new(viewer: &Viewer, slot: Slot, words: &str) -> Self {
        let (zone, now) = (viewer.zone, slot.now);
        let question = match slot.due {
            Due::Twice(twins) => Some(FoldQuestion::new(viewer, twins, None)),
            Due::At { at, twins: Some(twins), .. } => Some(FoldQuestion::new(viewer, twins, Some(at))),
            _ => None,
        };
        let echo = match &slot.due {
            Due::At { at, local, .. } => {
                Some(Echo { text: words::echo(*at, now, zone), typed: clock::typed(*local) })
            }
            _ => None,
        };
        Self {
            echo,
            unread: Unread::of(&slot.due, words),
            question,
            wrong: Wrong::of(&slot.due, zone, now),
            keeps_exempt_time: slot.keeps_exempt_time,
            is_free: slot.is_checked && slot.conflict.is_none() && !slot.keeps_exempt_time,
            conflict: slot.conflict.map(|conflict| ConflictNotice::new(viewer, conflict)),
            suggestions: SuggestionsView::default(),
            is_of_page: true,
            words: words.trim().into(),
        }
    }

    pub fn suggesting(self, suggestions: SuggestionsView) -> Self {
        Self { suggestions, ..self }
    }

    /// As the answer to a script.
    pub fn alone(self) -> Self {
        Self { is_of_page: false, ..self }
    }

    /// Whether this view already says what is wrong with a field.
    pub fn shows_error_of(&self, field: &str) -> bool {
        self.wrong_field() == Some(field)
    }

    fn wrong_field(&self) -> Option<&'static str> {
        match (&self.conflict, &self.wrong) {
            (Some(_), _) => Some("due_at"),
            (None, Some(wrong)) => Some(wrong.field),
            (None, None) => None,
        }
    }
}

impl Unread {
    fn of(due: &Due, words: &str) -> Option<Self> {
        let Due::Unread(refusal) = due else { return None };
        let [before, place, after] = refusal.split(words).map(str::to_owned);
        Some(Self { before, place, after, sentence: refusal.sentence.clone() })
    }
}

impl Wrong {
    fn of(due: &Due, zone: Zone, now: DateTime<Utc>) -> Option<Self> {
        let echoed = |at: &DateTime<Utc>| (suggestion(zone, *at).0, words::short_echo(*at, now, zone));
        let (hint, slots) = match due {
            Due::Never(beside) => {
                let plain = |at: &DateTime<Utc>| (zone.input(*at), zone.free_time_label(*at));
                (Some("Horários válidos mais próximos:"), beside.iter().flatten().map(plain).collect())
            }
            Due::Asked(question, times) => {
                let hint =
                    (*question == Question::Hour).then_some("Escolha, ou escreva a hora depois do dia.");
                (hint, times.iter().map(echoed).collect())
            }
            Due::Differ(times) => (None, times.iter().map(echoed).collect()),
            Due::Invalid | Due::Past => (None, Vec::new()),
            Due::Missing | Due::Twice(_) | Due::Unread(_) | Due::At { .. } => return None,
        };
        due.error().map(|text| Self { text, hint, slots, field: due.field() })
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
pub fn suggestion(zone: Zone, at: DateTime<Utc>) -> (String, String) {
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
