//! Dates and times as people read them. The only place that converts between local time and instants.
//!
//! Decisions ("is it due?") use the database's clock; this module only converts and formats.

use std::ops::RangeInclusive;

use chrono::{
    DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone,
    Timelike, Utc,
};
use chrono_tz::Tz;

pub mod words;

/// The zone of a company that has not chosen one.
pub const DEFAULT_ZONE: Tz = Tz::America__Sao_Paulo;

/// The years of dates that can be entered.
pub const YEARS: RangeInclusive<i32> = 2000..=9998;

/// The company's IANA time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// The instants that a local time stands for in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Exactly one instant.
    One(DateTime<Utc>),
    /// The clocks go back over this time, so it occurs twice. The earlier instant comes first.
    Twice(DateTime<Utc>, DateTime<Utc>),
    /// The clocks skip this time.
    Never,
}

impl Zone {
    /// The zone with this IANA name. An unknown name gives São Paulo, because the page must be shown anyway.
    pub fn named(name: &str) -> Self {
        Self(name.parse().unwrap_or(DEFAULT_ZONE))
    }

    /// The zone with this IANA name, if it exists.
    pub fn find(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The instants at which this zone's clocks show `local`.
    pub fn resolve(self, local: NaiveDateTime) -> Resolved {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) => Resolved::One(at.to_utc()),
            LocalResult::Ambiguous(first, second) => Resolved::Twice(first.to_utc(), second.to_utc()),
            LocalResult::None => Resolved::Never,
        }
    }

    /// The first instant at which this zone's clocks show `local` or later. If the clocks skip `local`, that
    /// is the end of the gap. Consecutive hours and days therefore neither overlap nor leave a gap.
    pub fn first_at(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.resolve(local) {
            Resolved::One(at) | Resolved::Twice(at, _) => at,
            Resolved::Never => self.around(local)[1].unwrap_or_else(|| local.and_utc()),
        }
    }

    /// Start of a day: midnight, or later if the clocks skip midnight.
    pub fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        self.first_at(day.and_time(NaiveTime::MIN))
    }

    /// The calendar day in this zone at `now`.
    pub fn day(self, now: DateTime<Utc>) -> NaiveDate {
        self.local(now).date()
    }

    /// For a `local` that the clocks skip: the last minute before it and the first minute after it.
    pub fn around(self, local: NaiveDateTime) -> [Option<DateTime<Utc>>; 2] {
        // The longest gap ever was one whole day, in Samoa. 1,500 minutes are 25 hours.
        let nearest = |sign: i64| {
            (1..=1500).find_map(|n| match self.resolve(local + TimeDelta::minutes(sign * n)) {
                Resolved::One(at) => Some(at),
                Resolved::Twice(first, second) => Some(if sign < 0 { second } else { first }),
                Resolved::Never => None,
            })
        };
        [nearest(-1), nearest(1)]
    }

    /// `UTC−03:00`: the offset of this zone from UTC at `at`.
    pub fn offset(self, at: DateTime<Utc>) -> String {
        let minutes = (self.local(at) - at.naive_utc()).num_minutes();
        let sign = if minutes < 0 { '−' } else { '+' };
        format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// The local time in this zone at `at`.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// `05/12/2026`.
    pub fn date(self, at: DateTime<Utc>) -> String {
        day(self.local(at).date())
    }

    /// `10:00`.
    pub fn time(self, at: DateTime<Utc>) -> String {
        hour(self.local(at))
    }

    /// `às 10:00`, `à 01:00`; with the date unless it is today's, `em 05/12/2026 às 10:00`.
    pub fn at_time(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let local = self.local(at);
        let article = if local.hour() == 1 { "à" } else { "às" };
        let time = format!("{article} {}", hour(local));
        if self.day(at) == self.day(now) { time } else { format!("em {} {time}", day(local.date())) }
    }

    /// `05/12/2026 às 10:00`.
    pub fn date_time(self, at: DateTime<Utc>) -> String {
        date_time(self.local(at))
    }

    /// `05/12, 10:00`.
    pub fn short(self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        format!("{:02}/{:02}, {}", local.day(), local.month(), hour(local))
    }

    /// `Sábado, 05/12/2026`.
    pub fn long_date(self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        format!("{}, {}", weekday(local.date()), day(local.date()))
    }

    /// `Sáb, 05/12/2026` and `10:00`.
    pub fn list_date_and_time(self, at: DateTime<Utc>) -> (String, String) {
        let local = self.local(at);
        (format!("{}, {}", short_weekday(local.date()), day(local.date())), hour(local))
    }

    /// `sáb., 05/12/2026 às 10:00`, the label of a free time.
    pub fn free_time_label(self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let weekday = short_weekday(local.date()).to_lowercase();
        format!("{weekday}., {}", date_time(local))
    }

    /// `2026-12-05T10:00`, the value of a `datetime-local` input.
    pub fn input(self, at: DateTime<Utc>) -> String {
        input_value(self.local(at))
    }

    /// `agora`, `há 2 min`, `09:10`, `ontem`, then the date.
    pub fn relative(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let minutes = (now - at).num_minutes();
        let (then, today) = (self.local(at).date(), self.local(now).date());
        match minutes {
            ..1 => "agora".into(),
            1..60 => format!("há {minutes} min"),
            _ if then == today => self.time(at),
            _ if Some(then) == today.pred_opt() => "ontem".into(),
            _ => self.date(at),
        }
    }
}

/// The IANA names of places, and UTC. Aliases such as `EST5EDT` are left out.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    const REGIONS: [&str; 9] =
        ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let is_place = |name: &&str| name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region));
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(is_place).chain(["UTC"])
}

/// `2026-12-05T13:00:00.000Z`, for the `datetime` attribute of a `time` element, which allows at most
/// milliseconds.
pub fn datetime_attribute(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `05/12/2026 às 10:00`.
pub fn date_time(local: NaiveDateTime) -> String {
    format!("{} às {}", day(local.date()), hour(local))
}

/// `05/12/2026`. Formats by hand, because lists hold many dates and chrono parses its pattern on every call.
fn day(date: NaiveDate) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// `10:00`.
fn hour(local: NaiveDateTime) -> String {
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The value of a `datetime-local` input.
pub fn input_value(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M").to_string()
}

/// Reads the value of a `datetime-local` input.
///
/// Browsers may send seconds; they must be zero.
pub fn parse_input(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .ok()?;
    let in_range = YEARS.contains(&local.year());
    (local.second() == 0 && local.nanosecond() == 0 && in_range).then_some(local)
}

/// `05/12/2026 10:00`: a date and time as it is typed in a field. A `datetime-local` input would show it as
/// usual in the browser's language instead.
pub fn typed(local: NaiveDateTime) -> String {
    format!("{} {}", day(local.date()), hour(local))
}

/// Reads a typed date and time: `05/12/2026 10:00`, also `5/12/26 9h30`, `05122026 1000` and the value of a
/// `datetime-local` input.
pub fn parse_typed(text: &str) -> Option<NaiveDateTime> {
    if let Some(local) = parse_input(text) {
        return Some(local);
    }
    let text = text.trim().replace(" às ", " ").to_lowercase();
    let (day, time) = match text.split_once([' ', ',']) {
        Some((day, time)) => (day, time.trim()),
        // Typed without a break on a keypad.
        None if text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit()) => text.split_at(8),
        None => return None,
    };
    let day = match day.split(['/', '.', '-']).collect::<Vec<_>>()[..] {
        [day, month, year] => date_of(day, month, year),
        [all] if all.len() == 8 && all.is_ascii() => date_of(&all[..2], &all[2..4], &all[4..]),
        _ => None,
    }?;
    let time = match time.split([':', 'h']).collect::<Vec<_>>()[..] {
        [hour, ""] => time_of(hour, "0"),
        [hour, minute] => time_of(hour, minute),
        [all] if all.len() == 4 && all.is_ascii() => time_of(&all[..2], &all[2..]),
        _ => None,
    }?;
    Some(day.and_time(time))
}

fn date_of(day: &str, month: &str, year: &str) -> Option<NaiveDate> {
    let full = match year.len() {
        2 => 2000 + number(year)?,
        _ => number(year)?,
    };
    let year = i32::try_from(full).ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)
}

fn time_of(hour: &str, minute: &str) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0)
}

/// Up to four digits. `parse` alone would also accept a sign.
fn number(text: &str) -> Option<u32> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Reads the value of a `date` input.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    YEARS.contains(&day.year()).then_some(day)
}

const MONTHS: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

/// `dezembro`.
pub fn month(date: NaiveDate) -> &'static str {
    MONTHS[date.month0() as usize]
}

/// `Sábado`.
pub fn weekday(date: NaiveDate) -> &'static str {
    const NAMES: [&str; 7] =
        ["Domingo", "Segunda-feira", "Terça-feira", "Quarta-feira", "Quinta-feira", "Sexta-feira", "Sábado"];
    NAMES[date.weekday().num_days_from_sunday() as usize]
}

/// `Sáb`.
pub fn short_weekday(date: NaiveDate) -> &'static str {
    const NAMES: [&str; 7] = ["Dom", "Seg", "Ter", "Qua", "Qui", "Sex", "Sáb"];
    NAMES[date.weekday().num_days_from_sunday() as usize]
}

#[cfg(test)]
mod tests;
