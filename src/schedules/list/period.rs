//! The filter by due date, in the company's time zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

use crate::clock::{self, Zone};
use crate::text_enum;

text_enum! {
    /// Days relative to today.
    pub enum Preset {
        Today = "today",
        Tomorrow = "tomorrow",
        /// Today and the six days after it.
        Week = "week",
        /// The whole of this month, including days that are past.
        Month = "month",
    }
}

impl Preset {
    pub fn label(self) -> &'static str {
        match self {
            Self::Today => "Hoje",
            Self::Tomorrow => "Amanhã",
            Self::Week => "Próximos 7 dias",
            Self::Month => "Este mês",
        }
    }

    /// The first and the last day.
    fn days(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let plus = |days| today.checked_add_days(Days::new(days)).unwrap_or(today);
        match self {
            Self::Today => (today, today),
            Self::Tomorrow => (plus(1), plus(1)),
            Self::Week => (today, plus(6)),
            Self::Month => {
                let first = today.with_day(1).unwrap_or(today);
                let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
                (first, next.pred_opt().unwrap_or(first))
            }
        }
    }
}

/// A period of days; the last day is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Preset(Preset),
    Between { from: Option<NaiveDate>, to: Option<NaiveDate> },
}

impl Period {
    /// Dates override a preset, which only a link can choose. Invalid dates are ignored. Dates in the wrong
    /// order are swapped.
    pub fn parse(preset: &str, from: &str, to: &str) -> Option<Self> {
        match (clock::parse_day(from), clock::parse_day(to)) {
            (None, None) => preset.parse().ok().map(Self::Preset),
            (Some(from), Some(to)) => {
                Some(Self::Between { from: Some(from.min(to)), to: Some(from.max(to)) })
            }
            (from, to) => Some(Self::Between { from, to }),
        }
    }

    /// Whether the two dates are in the wrong order.
    pub fn is_swapped(from: &str, to: &str) -> bool {
        matches!((clock::parse_day(from), clock::parse_day(to)), (Some(from), Some(to)) if to < from)
    }

    pub fn preset(self) -> Option<Preset> {
        match self {
            Self::Preset(preset) => Some(preset),
            Self::Between { .. } => None,
        }
    }

    /// The dates that were typed.
    pub fn dates(self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        match self {
            Self::Preset(_) => (None, None),
            Self::Between { from, to } => (from, to),
        }
    }

    /// The first and the last of these days.
    pub fn days(self, zone: Zone, now: DateTime<Utc>) -> (Option<NaiveDate>, Option<NaiveDate>) {
        match self {
            Self::Preset(preset) => {
                let (from, to) = preset.days(zone.day(now));
                (Some(from), Some(to))
            }
            Self::Between { from, to } => (from, to),
        }
    }

    /// The instants at which the period begins (included) and ends (excluded).
    pub fn bounds(self, zone: Zone, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let (from, to) = self.days(zone, now);
        let end = to.and_then(|day| day.succ_opt()).map(|day| zone.start_of(day));
        (from.map(|day| zone.start_of(day)), end)
    }

    /// `Hoje`, `de 01/12/2026 a 05/12/2026`, `a partir de 01/12/2026`.
    pub fn label(self) -> String {
        let text = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
        match self {
            Self::Preset(preset) => preset.label().into(),
            Self::Between { from: Some(from), to: Some(to) } if from == to => format!("em {}", text(from)),
            Self::Between { from: Some(from), to: Some(to) } => format!("de {} a {}", text(from), text(to)),
            Self::Between { from: Some(from), to: None } => format!("a partir de {}", text(from)),
            Self::Between { from: None, to: Some(to) } => format!("até {}", text(to)),
            Self::Between { from: None, to: None } => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(preset: &str, zone: &str, now: &str) -> (String, String) {
        let period = Period::parse(preset, "", "").unwrap();
        let (from, to) = period.bounds(Zone::named(zone), now.parse().unwrap());
        (from.unwrap().to_rfc3339(), to.unwrap().to_rfc3339())
    }

    #[test]
    fn today_is_the_day_of_the_companys_zone() {
        let zone = "America/Sao_Paulo";
        let day = |from: &str, to: &str| (format!("{from}T03:00:00+00:00"), format!("{to}T03:00:00+00:00"));
        assert_eq!(bounds("today", zone, "2026-12-05T02:59:59Z"), day("2026-12-04", "2026-12-05"));
        assert_eq!(bounds("today", zone, "2026-12-05T03:00:00Z"), day("2026-12-05", "2026-12-06"));
        assert_eq!(bounds("tomorrow", zone, "2026-12-31T12:00:00Z"), day("2027-01-01", "2027-01-02"));
        assert_eq!(bounds("week", zone, "2026-12-31T12:00:00Z"), day("2026-12-31", "2027-01-07"));
        assert_eq!(bounds("month", zone, "2027-01-01T02:59:59Z"), day("2026-12-01", "2027-01-01"));
        assert_eq!(bounds("month", zone, "2028-02-29T12:00:00Z"), day("2028-02-01", "2028-03-01"));
    }

    #[test]
    fn a_day_of_a_clock_change_has_its_own_length() {
        let short = bounds("today", "America/Sao_Paulo", "2018-11-04T12:00:00Z");
        assert_eq!(short, ("2018-11-04T03:00:00+00:00".into(), "2018-11-05T02:00:00+00:00".into()));
        let long = bounds("today", "Europe/Lisbon", "2027-10-31T12:00:00Z");
        assert_eq!(long, ("2027-10-30T23:00:00+00:00".into(), "2027-11-01T00:00:00+00:00".into()));
    }

    #[test]
    fn dates_win_over_a_preset_and_nonsense_counts_for_nothing() {
        let day = |text: &str| clock::parse_day(text);
        let between = |from, to| Some(Period::Between { from, to });
        assert_eq!(Period::parse("today", "2026-12-05", "x"), between(day("2026-12-05"), None));
        assert_eq!(
            Period::parse("", "2026-12-05", "2026-12-01"),
            between(day("2026-12-01"), day("2026-12-05"))
        );
        assert_eq!(Period::parse("today", "2026-02-30", ""), Some(Period::Preset(Preset::Today)));
        assert_eq!(Period::parse("someday", "", "99999-01-01"), None);
    }
}
