//! A time in words, which can be read again: `sex, 5 dez, 10:00 (daqui a 6 dias)`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use crate::clock::{MONTHS, Resolved, Zone, hour, short_weekday};

/// The time in this zone, and how far it is from `now`.
pub fn echo(at: DateTime<Utc>, now: DateTime<Utc>, zone: Zone) -> String {
    let distance = match (zone.day(at) - zone.day(now)).num_days() {
        0 => within_today(at, now),
        days => in_days(days),
    };
    format!("{} ({distance})", short_echo(at, now, zone))
}

/// The same without the distance: `sex, 5 dez, 10:00`. An hour that occurs twice says which of the two it is.
pub fn short_echo(at: DateTime<Utc>, now: DateTime<Utc>, zone: Zone) -> String {
    let local = zone.local(at);
    let fold = match zone.resolve(local) {
        Resolved::Twice(first, _) if first == at => " da primeira vez",
        Resolved::Twice(..) => " da segunda vez",
        _ => "",
    };
    label(local, zone.day(now)) + fold
}

/// `sex, 5 dez, 10:00`.
pub fn label(local: NaiveDateTime, today: NaiveDate) -> String {
    format!("{}, {}", day(local.date(), today), hour(local))
}

/// `sex, 5 dez`, with the year if it is not that of `today`.
pub fn day(date: NaiveDate, today: NaiveDate) -> String {
    let weekday = short_weekday(date).to_lowercase();
    let month = &MONTHS[date.month0() as usize][..3];
    let year = if date.year() == today.year() { String::new() } else { format!(" {}", date.year()) };
    format!("{weekday}, {} {month}{year}", date.day())
}

fn within_today(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (at - now).num_minutes();
    match (minutes / 60, minutes % 60) {
        (0, 0) => "daqui a menos de 1 minuto".into(),
        (0, minutes) => format!("daqui a {minutes} min"),
        (hours, 0) => format!("daqui a {hours} h"),
        (hours, minutes) => format!("daqui a {hours} h {minutes} min"),
    }
}

fn in_days(days: i64) -> String {
    let counted = |count: i64, one: &str, many: &str| {
        format!("daqui a {count} {}", if count == 1 { one } else { many })
    };
    match days {
        1 => "amanhã".into(),
        ..=20 => counted(days, "dia", "dias"),
        21..=59 => counted(days / 7, "semana", "semanas"),
        60..=729 => counted(days / 30, "mês", "meses"),
        _ => counted(days / 365, "ano", "anos"),
    }
}
