//! "Data e hora": parses the typed time into an instant that can be scheduled.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::ScheduleInput;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Missing,
    Invalid,
    Past,
    /// The clocks skip this time. Contains the nearest existing times before and after it, if in the future.
    Never([Option<DateTime<Utc>>; 2]),
    /// The clocks repeat this time, and the form does not say which of the two is meant.
    Twice([DateTime<Utc>; 2]),
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
    pub fn error(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("Informe a data e a hora."),
            Self::Invalid => Some("A data ou a hora não é válida. Confira o dia, o mês, o ano e o horário."),
            Self::Past => Some("Escolha uma data e hora futuras."),
            Self::Never(_) => {
                Some("Esta hora não existe nesse dia, porque o relógio é adiantado. Escolha outra.")
            }
            Self::Twice(_) => {
                Some("Esta hora acontece duas vezes nesse dia, porque o relógio é atrasado. Diga qual delas.")
            }
            Self::At { .. } => None,
        }
    }
}

impl ScheduleInput {
    /// Parses "Data e hora" in the company's time zone and compares it with the database's time.
    pub fn due(&self, facts: &Facts) -> Due {
        let Some(local) = clock::parse_input(&self.due_at) else {
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
            errors.add("due_at", error);
        }
        match due {
            Due::At { local, at, .. } => Some((local, at)),
            _ => None,
        }
    }
}
