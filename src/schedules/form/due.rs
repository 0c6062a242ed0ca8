//! "Quando" and "Data e hora": parses the time in words or in figures into an instant that can be scheduled.
//!
//! A page shows in "Data e hora" what the words mean, and remembers both. So the server knows what was typed
//! last: words that the page has not read yet count, unless "Data e hora" was changed by hand too. If both
//! were changed and differ, it asks.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::ScheduleInput;
use crate::clock::words::{self, Misreading, Question, Reading};
use crate::clock::{self, Resolved, Zone};
use crate::refusal::FieldErrors;
use crate::schedules::draft::Facts;
use crate::text_enum;

text_enum! {
    /// Which of the two, if the clocks go back and show a time twice.
    pub enum Fold {
        First = "first",
        Second = "second",
    }
}

impl Fold {
    /// Which of the two `at` is; `None` if its clock time occurs only once.
    pub fn of(zone: Zone, at: DateTime<Utc>) -> Option<Self> {
        match zone.resolve(zone.local(at)) {
            Resolved::Twice(first, _) => Some(if at == first { Self::First } else { Self::Second }),
            _ => None,
        }
    }
}

/// What a typed time means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Missing,
    Invalid,
    Past,
    /// The clocks skip this time. Contains the nearest existing times before and after it, if in the future.
    Never([Option<DateTime<Utc>>; 2]),
    /// The clocks repeat this time, and the form does not say which of the two is meant.
    Twice([DateTime<Utc>; 2]),
    /// The words cannot be used.
    Unread(Misreading),
    /// The words may mean any of these times.
    Asked(Question, Vec<DateTime<Utc>>),
    /// The words say the first time, and "Data e hora" the second.
    Differ([DateTime<Utc>; 2]),
    /// A time in the future. `twins` are both instants, if the clocks repeat this time.
    At {
        local: NaiveDateTime,
        at: DateTime<Utc>,
        twins: Option<[DateTime<Utc>; 2]>,
    },
}

impl Due {
    /// The instant, if it is one that can be scheduled.
    pub fn instant(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::At { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// The error message, if it cannot be scheduled.
    pub fn error(&self) -> Option<String> {
        let sentence = match self {
            Self::Missing => "Informe a data e a hora.",
            Self::Invalid => "A data ou a hora não é válida. Escreva como 05/12/2026 10:00.",
            Self::Past => "Escolha uma data e hora futuras.",
            Self::Never(_) => "Esta hora não existe nesse dia, porque o relógio é adiantado. Escolha outra.",
            Self::Twice(_) => {
                "Esta hora acontece duas vezes nesse dia, porque o relógio é atrasado. Diga qual delas."
            }
            Self::Unread(refusal) => return Some(refusal.sentence.clone()),
            Self::Asked(question, _) => question.sentence(),
            Self::Differ(_) => "“Quando” e “Data e hora” dizem horários diferentes. Qual vale?",
            Self::At { .. } => return None,
        };
        Some(sentence.into())
    }

    /// The field that the error is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Unread(_) | Self::Asked(..) | Self::Differ(_) => "when",
            _ => "due_at",
        }
    }
}

impl ScheduleInput {
    /// Parses the time in the company's time zone and compares it with the database's time.
    pub fn due(&self, facts: &Facts) -> Due {
        if !self.has_new_words() {
            return self.in_figures(facts);
        }
        let said = self.in_words(facts);
        if !self.has_new_figures() {
            return said;
        }
        let figures = self.in_figures(facts);
        match (said, &figures) {
            (Due::At { at: said, .. }, Due::At { at, .. }) if said != *at => Due::Differ([said, *at]),
            _ => figures,
        }
    }

    /// Whether "Quando" says something that "Data e hora" does not show yet.
    pub fn has_new_words(&self) -> bool {
        let words = self.when.trim();
        !words.is_empty() && words != self.when_read.trim()
    }

    /// Whether "Data e hora" was changed by hand.
    fn has_new_figures(&self) -> bool {
        let is_shown = canonical(&self.due_at) == canonical(&self.due_shown);
        !self.due_at.trim().is_empty() && !is_shown
    }

    fn in_words(&self, facts: &Facts) -> Due {
        match words::read(&self.when, facts.now, facts.zone) {
            Reading::One(at) => {
                let local = facts.zone.local(at);
                let twins = match facts.zone.resolve(local) {
                    Resolved::Twice(first, second) => Some([first, second]),
                    _ => None,
                };
                Due::At { local, at, twins }
            }
            Reading::Choices { question, times } => Due::Asked(question, times),
            Reading::Refused(refusal) => Due::Unread(refusal),
        }
    }

    fn in_figures(&self, facts: &Facts) -> Due {
        let Some(local) = clock::parse_typed(&self.due_at) else {
            return if self.due_at.trim().is_empty() { Due::Missing } else { Due::Invalid };
        };
        let (at, twins) = match (facts.zone.resolve(local), self.due_fold.parse()) {
            (Resolved::One(at), _) => (at, None),
            (Resolved::Twice(first, second), Ok(Fold::First)) => (first, Some([first, second])),
            (Resolved::Twice(first, second), Ok(Fold::Second)) => (second, Some([first, second])),
            (Resolved::Twice(_, second), Err(())) if second <= facts.now => return Due::Past,
            (Resolved::Twice(first, second), Err(())) => return Due::Twice([first, second]),
            (Resolved::Never, _) => {
                return Due::Never(facts.zone.around(local).map(|at| at.filter(|at| *at > facts.now)));
            }
        };
        if at > facts.now { Due::At { local, at, twins } } else { Due::Past }
    }

    pub(super) fn parse_due(
        &self,
        facts: &Facts,
        errors: &mut FieldErrors,
    ) -> Option<(NaiveDateTime, DateTime<Utc>)> {
        let due = self.due(facts);
        if let Some(error) = due.error() {
            errors.add(due.field(), error);
        }
        match due {
            Due::At { local, at, .. } => Some((local, at)),
            _ => None,
        }
    }

    /// The form as its page shows it: "Data e hora" in figures, with what the words mean.
    pub fn showing(mut self, due: &Due, zone: Zone) -> Self {
        if let Due::At { local, at, .. } = due {
            if self.has_new_words() {
                self.due_fold = Fold::of(zone, *at).map_or("", Fold::as_str).into();
            }
            self.due_at = clock::typed(*local);
            self.due_shown.clone_from(&self.due_at);
            self.when_read.clone_from(&self.when);
        } else if let Some(local) = clock::parse_typed(&self.due_at) {
            self.due_at = clock::typed(local);
        }
        self
    }

    /// The time as it is compared with other versions of the form: the same for all ways to write it.
    pub fn due_part(&self) -> [String; 2] {
        match self.has_new_words() {
            true => [self.when.trim().into(), String::new()],
            false => [canonical(&self.due_at), self.due_fold.clone()],
        }
    }

    /// The time in the key of a submission. Words that "Data e hora" shows meanwhile are still the same words.
    pub(super) fn due_key(&self) -> [String; 2] {
        let words = self.when.trim();
        match words.is_empty() || !self.has_new_words() && self.has_new_figures() {
            true => [canonical(&self.due_at), self.due_fold.clone()],
            false => [words.into(), String::new()],
        }
    }

    /// Replaces the time by a suggested free one: `2026-12-05T10:00`, or `2026-12-05T10:00 second` if the
    /// clocks repeat it.
    pub fn with_slot(self, slot: &str) -> Self {
        let (local, fold) = slot.split_once(' ').unwrap_or((slot, ""));
        let Some(local) = clock::parse_input(local) else { return self };
        let due_at = clock::typed(local);
        let (when, when_read) = Default::default();
        Self { due_shown: due_at.clone(), due_at, due_fold: fold.into(), when, when_read, ..self }
    }
}

/// A date and time as `2026-12-05T10:00`, or the text if it is none.
fn canonical(text: &str) -> String {
    clock::parse_typed(text).map_or_else(|| text.trim().to_owned(), clock::input_value)
}
