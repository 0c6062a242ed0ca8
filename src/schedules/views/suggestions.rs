//! The suggested times as buttons, and the day's load as a line.

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};

use super::slot::suggestion;
use crate::clock::{Zone, words};
use crate::schedules::suggestions::{DayLoad, Suggested, Suggestions};
use crate::text::thousands;

#[derive(Default)]
pub struct SuggestionsView {
    /// Value and label.
    pub times: Vec<(String, String)>,
    pub day: Option<String>,
}

impl SuggestionsView {
    /// `now` is the time at which they were found.
    pub fn new(zone: Zone, suggestions: &Suggestions, now: DateTime<Utc>) -> Self {
        let today = zone.local(now);
        let time = |suggested: &Suggested| (suggestion(zone, suggested.at).0, label(zone, suggested, today));
        Self {
            times: suggestions.times.iter().map(time).collect(),
            day: suggestions.day.as_ref().map(|day| in_words(day, today)),
        }
    }
}

/// `amanhã 9h`, or `amanhã 9h04` if only that is free.
fn label(zone: Zone, suggested: &Suggested, today: NaiveDateTime) -> String {
    let (wanted, local) = (zone.local(suggested.wanted), zone.local(suggested.at));
    let is_that_day = local.date() == wanted.date();
    match suggested.name {
        "+1 semana" => format!("+1 semana: {}", words::label(local, today.date())),
        name if is_that_day => format!("{name} {}", hour(local)),
        _ => words::label(local, today.date()),
    }
}

/// `9h`, `9h04`.
fn hour(local: NaiveDateTime) -> String {
    match local.minute() {
        0 => format!("{}h", local.hour()),
        minute => format!("{}h{minute:02}", local.hour()),
    }
}

/// `Em 05/12: 3 agendamentos (9h: 2, 14h: 1).`
fn in_words(day: &DayLoad, today: NaiveDateTime) -> String {
    let of = if day.is_of_attendant { " deste atendente" } else { "" };
    let total: i64 = day.hours.iter().map(|(_, count)| count).sum();
    let date = match day.date == today.date() {
        true => "Hoje".into(),
        false => format!("Em {:02}/{:02}", day.date.day(), day.date.month()),
    };
    if day.is_cut {
        return format!("{date}: {} agendamentos{of} ou mais.", thousands(total.unsigned_abs() as usize));
    }
    let hours: Vec<_> = day.hours.iter().map(|(hour, count)| format!("{hour}h: {count}")).collect();
    match total {
        0 => format!("{date}: nenhum agendamento{of}."),
        1 => format!("{date}: 1 agendamento{of} ({}).", hours.join(", ")),
        n => format!("{date}: {n} agendamentos{of} ({}).", hours.join(", ")),
    }
}
