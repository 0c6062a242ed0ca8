//! The cells of the calendar as periods of time.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::clock::Zone;

/// The period that the calendar shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Month,
    Week,
}

impl View {
    /// Its value in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
        }
    }

    /// A month, unless the address asks for a week.
    pub fn parse(text: &str) -> Self {
        if text == "week" { Self::Week } else { Self::Month }
    }

    /// The days that are shown for `day`: whole weeks from Sunday to Saturday.
    pub fn days(self, day: NaiveDate) -> RangeInclusive<NaiveDate> {
        let (first, last) = match self {
            Self::Week => (day, day),
            Self::Month => {
                let first = day.with_day(1).unwrap_or(day);
                let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
                (first, next.pred_opt().unwrap_or(first))
            }
        };
        let before = u64::from(first.weekday().num_days_from_sunday());
        let after = 6 - u64::from(last.weekday().num_days_from_sunday());
        let start = first.checked_sub_days(Days::new(before)).unwrap_or(first);
        let end = last.checked_add_days(Days::new(after)).unwrap_or(last);
        start..=end
    }

    /// A day of the previous (-1) or next (1) month or week.
    pub fn beside(self, day: NaiveDate, direction: i32) -> NaiveDate {
        let moved = match (self, direction < 0) {
            (Self::Week, true) => day.checked_sub_days(Days::new(7)),
            (Self::Week, false) => day.checked_add_days(Days::new(7)),
            (Self::Month, true) => day.with_day(1).and_then(|day| day.checked_sub_months(Months::new(1))),
            (Self::Month, false) => day.with_day(1).and_then(|day| day.checked_add_months(Months::new(1))),
        };
        moved.unwrap_or(day)
    }
}

/// A period of time; its end is excluded. It is empty if the clocks skip it, and longer than usual if they
/// repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    pub day: NaiveDate,
    /// The hour, in the view of a week.
    pub hour: Option<u32>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Cell {
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

/// From the start of the first cell to the end of the last.
pub fn period(cells: &[Cell]) -> (DateTime<Utc>, DateTime<Utc>) {
    let from = cells.first().map_or(DateTime::UNIX_EPOCH, |cell| cell.from);
    (from, cells.last().map_or(from, |cell| cell.to))
}

/// One cell per day.
pub fn by_day(zone: Zone, days: RangeInclusive<NaiveDate>) -> Vec<Cell> {
    let cell = |day: NaiveDate| {
        let next = day.succ_opt().unwrap_or(day);
        Cell { day, hour: None, from: zone.start_of(day), to: zone.start_of(next) }
    };
    days.start().iter_days().take_while(|day| day <= days.end()).map(cell).collect()
}

/// One cell per hour; all hours of a day come before those of the next day.
pub fn by_hour(zone: Zone, days: RangeInclusive<NaiveDate>) -> Vec<Cell> {
    let hours = |day: NaiveDate| {
        (0..24_u32).map(move |hour| {
            let start = day.and_time(NaiveTime::MIN) + TimeDelta::hours(i64::from(hour));
            let end = start + TimeDelta::hours(1);
            Cell { day, hour: Some(hour), from: zone.first_at(start), to: zone.first_at(end) }
        })
    };
    days.start().iter_days().take_while(|day| day <= days.end()).flat_map(hours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn hours(zone: &str, date: &str) -> Vec<i64> {
        let cells = by_hour(Zone::named(zone), day(date)..=day(date));
        cells.iter().map(|cell| (cell.to - cell.from).num_minutes()).collect()
    }

    #[test]
    fn a_month_is_whole_weeks_from_sunday() {
        let days = View::Month.days(day("2026-11-22"));
        assert_eq!((*days.start(), *days.end()), (day("2026-11-01"), day("2026-12-05")));
        let days = View::Week.days(day("2026-12-05"));
        assert_eq!((*days.start(), *days.end()), (day("2026-11-29"), day("2026-12-05")));
        assert_eq!(View::Month.beside(day("2026-03-31"), -1), day("2026-02-01"));
        assert_eq!(View::Week.beside(day("2026-12-30"), 1), day("2027-01-06"));
    }

    #[test]
    fn the_cells_of_a_clock_change_meet_without_gap_or_overlap() {
        for (zone, date, length) in [
            ("America/Sao_Paulo", "2018-11-04", 23),
            ("America/Sao_Paulo", "2019-02-16", 25),
            ("Europe/Lisbon", "2027-03-28", 23),
            ("Europe/Lisbon", "2027-10-31", 25),
            ("America/Sao_Paulo", "2026-12-05", 24),
        ] {
            let cells = by_hour(Zone::named(zone), day(date)..=day(date));
            assert!(cells.windows(2).all(|pair| pair[0].to == pair[1].from), "{zone} {date}");
            let whole = by_day(Zone::named(zone), day(date)..=day(date))[0];
            assert_eq!((cells[0].from, cells[23].to), (whole.from, whole.to));
            assert_eq!((whole.to - whole.from).num_hours(), length, "{zone} {date}");
        }
    }

    #[test]
    fn an_hour_that_is_skipped_is_empty_and_one_that_is_repeated_is_two() {
        let short = hours("Europe/Lisbon", "2027-03-28");
        assert_eq!((short[0], short[1], short[2]), (60, 0, 60));
        let long = hours("Europe/Lisbon", "2027-10-31");
        assert_eq!((long[0], long[1], long[2]), (60, 120, 60));
        assert_eq!(hours("America/Sao_Paulo", "2019-02-16")[23], 120);
        assert_eq!(hours("America/Sao_Paulo", "2018-11-04")[0], 0);
    }
}
