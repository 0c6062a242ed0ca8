//! The day.

use std::ops::Range;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::parts::{DATES, Found, Month, Nth, Parts, Special, Which};
use super::{Misreading, echo};
use crate::clock::{MONTHS, YEARS};

/// Maximum years between two 29 Februaries.
const LEAP_GAP: i32 = 8;

/// The days of the longest two months in a row.
const TWO_MONTHS: usize = 62;

/// The days that the text may mean, in their order. `None` if it names no day.
pub fn days(parts: &Parts, today: NaiveDate) -> Result<Option<Vec<NaiveDate>>, Misreading> {
    if let Some(later) = &parts.later {
        if parts.is_also_dated() {
            return Err(Misreading::new(later.place.clone(), DATES));
        }
        let day = today.checked_add_months(Months::new(later.value.months));
        let day = day.and_then(|day| day.checked_add_days(Days::new(later.value.days)));
        return Ok(Some(vec![in_supported_years(day, &later.place)?]));
    }
    if let Some(special) = &parts.special {
        let found = special_days(special, parts, today)?;
        return agreed(parts, found, &special.place, today).map(Some);
    }
    if let Some(in_days) = &parts.in_days {
        let day = today.checked_add_days(Days::new(in_days.value.unsigned_abs()));
        let found = vec![in_supported_years(day, &in_days.place)?];
        return agreed(parts, found, &in_days.place, today).map(Some);
    }
    if let Some(day) = &parts.day {
        let date = date(day, parts, today)?;
        return with_weekday(parts, date, &day.place, today).map(Some);
    }
    if let Some(month) = &parts.month {
        return Err(Misreading::new(month.place.clone(), "Diga o dia do mês, por exemplo “dia 5”."));
    }
    Ok(weekdays(parts, today))
}

impl Parts {
    /// Whether the text names a date as well as a distance.
    fn is_also_dated(&self) -> bool {
        self.in_days.is_some()
            || self.weekday.is_some()
            || self.week.is_some()
            || self.day.is_some()
            || self.month.is_some()
            || self.special.is_some()
    }
}

/// The only date that the texts "dia 5", "5/12" and "5/12/2027" mean.
fn date(day: &Found<u32>, parts: &Parts, today: NaiveDate) -> Result<NaiveDate, Misreading> {
    let number = day.value;
    let missing = |month: u32, year: Option<i32>| {
        let name = MONTHS[month as usize - 1];
        let year = year.map(|year| format!(" de {year}")).unwrap_or_default();
        Misreading::new(day.place.clone(), format!("Não existe dia {number} em {name}{year}."))
    };
    let year = parts.year.as_ref().map(|year| year.value);
    match parts.month.as_ref().map(|month| month.value) {
        Some(Month::Nth(nth)) => {
            let first = first_of(nth, today);
            first.and_then(|first| first.with_day(number)).ok_or_else(|| {
                let first = first.unwrap_or(today);
                missing(first.month(), Some(first.year()))
            })
        }
        Some(Month::Named(month)) => match year {
            Some(year) => NaiveDate::from_ymd_opt(year, month, number).ok_or(missing(month, Some(year))),
            None => {
                let mut years = today.year()..=today.year() + LEAP_GAP;
                let next = years.find_map(|year| {
                    NaiveDate::from_ymd_opt(year, month, number).filter(|date| *date >= today)
                });
                next.ok_or(missing(month, None))
            }
        },
        None => {
            let first = today.with_day(1).unwrap_or(today);
            let mut months = (0..=2).filter_map(|n| first.checked_add_months(Months::new(n)));
            let next = months.find_map(|first| first.with_day(number).filter(|date| *date >= today));
            next.ok_or_else(|| Misreading::new(day.place.clone(), format!("Não há dia {number}.")))
        }
    }
}

/// A date with a weekday beside it. If they do not agree, both are possible.
fn with_weekday(
    parts: &Parts,
    date: NaiveDate,
    place: &Range<usize>,
    today: NaiveDate,
) -> Result<Vec<NaiveDate>, Misreading> {
    match &parts.weekday {
        Some(weekday) if date.weekday() != weekday.value.0 => Ok(vec![date, next(weekday.value.0, today)]),
        _ if is_in_week(parts, date, today) => Ok(vec![date]),
        _ => Err(disagreement(date, place)),
    }
}

/// Checks the day against the weekday, day, month and week that the text names.
fn agreed(
    parts: &Parts,
    found: Vec<NaiveDate>,
    place: &Range<usize>,
    today: NaiveDate,
) -> Result<Vec<NaiveDate>, Misreading> {
    let [date] = found[..] else { return Ok(found) };
    let is_weekday = parts.weekday.as_ref().is_none_or(|weekday| weekday.value.0 == date.weekday());
    let is_day = parts.day.as_ref().is_none_or(|day| day.value == date.day());
    let month = match parts.month.as_ref().map(|month| month.value) {
        Some(Month::Named(month)) => Some(month),
        Some(Month::Nth(nth)) => first_of(nth, today).map(|first| first.month()),
        None => None,
    };
    let is_month = month.is_none_or(|month| month == date.month());
    if is_weekday && is_day && is_month && is_in_week(parts, date, today) {
        return Ok(found);
    }
    Err(disagreement(date, place))
}

/// Whether the date is in the week that is named, if one is. For some the week begins on Sunday, for others on
/// Monday.
fn is_in_week(parts: &Parts, date: NaiveDate, today: NaiveDate) -> bool {
    let weeks = match parts.week.as_ref().map(|week| week.value) {
        None => return true,
        Some(Nth::This) => 0,
        Some(Nth::Next) => 7,
    };
    [monday(today), sunday(today)]
        .iter()
        .any(|start| (weeks..weeks + 7).contains(&(date - *start).num_days()))
}

fn disagreement(date: NaiveDate, place: &Range<usize>) -> Misreading {
    Misreading::new(place.clone(), format!("As datas não combinam: este dia é {}.", echo::day(date, date)))
}

fn special_days(
    special: &Found<Special>,
    parts: &Parts,
    today: NaiveDate,
) -> Result<Vec<NaiveDate>, Misreading> {
    let in_month = |first: NaiveDate| match special.value {
        Special::FirstDay => Some(first),
        Special::Middle => first.with_day(15),
        Special::LastDay => last_of(first),
        Special::FirstWorkday => first.iter_days().find(|day| is_workday(*day)),
        Special::LastWorkday => {
            last_of(first).and_then(|last| last.iter_days().rev().take(3).find(|day| is_workday(*day)))
        }
        Special::NextWorkday | Special::Weekend => None,
    };
    let this_month = today.with_day(1).unwrap_or(today);
    let found = match (special.value, parts.month.as_ref().map(|month| month.value)) {
        (Special::NextWorkday, _) => today.iter_days().skip(1).find(|day| is_workday(*day)),
        (Special::Weekend, _) => {
            let saturday = next(Weekday::Sat, today);
            return Ok([Some(saturday), saturday.succ_opt()].into_iter().flatten().collect());
        }
        (_, Some(Month::Nth(nth))) => first_of(nth, today).and_then(in_month),
        (_, Some(Month::Named(month))) => {
            let years = today.year()..=today.year() + 1;
            let firsts = years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, 1));
            firsts.filter_map(in_month).find(|day| *day >= today)
        }
        (_, None) => {
            let firsts = [Some(this_month), first_of(Nth::Next, today)];
            firsts.into_iter().flatten().filter_map(in_month).find(|day| *day >= today)
        }
    };
    Ok(vec![in_supported_years(found, &special.place)?])
}

/// The days for a weekday, a week, or a weekday of a week.
fn weekdays(parts: &Parts, today: NaiveDate) -> Option<Vec<NaiveDate>> {
    let week = parts.week.as_ref().map(|week| week.value);
    let Some((weekday, which)) = parts.weekday.as_ref().map(|weekday| weekday.value) else {
        let monday = match week? {
            Nth::This => monday(today),
            Nth::Next => monday(today) + Days::new(7),
        };
        let days = monday.iter_days().take(7).filter(|day| *day >= today);
        let workdays: Vec<_> = days.clone().filter(|day| is_workday(*day)).collect();
        return Some(if workdays.is_empty() { days.collect() } else { workdays });
    };
    let this = next(weekday, today);
    let later = this + Days::new(7);
    Some(match (week, which) {
        (Some(Nth::Next), _) => {
            let from_monday = monday(today) + Days::new(7 + u64::from(weekday.num_days_from_monday()));
            let from_sunday = sunday(today) + Days::new(7 + u64::from(weekday.num_days_from_sunday()));
            let mut both = vec![from_monday, from_sunday];
            both.sort();
            both.dedup();
            both
        }
        (Some(Nth::This), _) | (None, Which::This) => vec![this],
        (None, Which::Any) if this == today => vec![this, later],
        (None, Which::Any) => vec![this],
        (None, Which::Coming) if this == today => vec![later],
        (None, Which::Coming) if monday(this) == monday(today) => vec![this, later],
        (None, Which::Coming) => vec![this],
    })
}

/// The next day with this number that is a certain weekday, within two months: `sexta 13` may mean it.
pub fn day_on(weekday: Weekday, number: u32, today: NaiveDate) -> Option<NaiveDate> {
    today.iter_days().take(TWO_MONTHS).find(|day| day.day() == number && day.weekday() == weekday)
}

/// The next day, today included, that is this weekday.
fn next(weekday: Weekday, today: NaiveDate) -> NaiveDate {
    today + Days::new(u64::from(weekday.days_since(today.weekday())))
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

fn sunday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_sunday()))
}

fn first_of(nth: Nth, today: NaiveDate) -> Option<NaiveDate> {
    let first = today.with_day(1)?;
    match nth {
        Nth::This => Some(first),
        Nth::Next => first.checked_add_months(Months::new(1)),
    }
}

fn last_of(first: NaiveDate) -> Option<NaiveDate> {
    first.checked_add_months(Months::new(1))?.pred_opt()
}

fn is_workday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn in_supported_years(day: Option<NaiveDate>, place: &Range<usize>) -> Result<NaiveDate, Misreading> {
    let day = day.filter(|day| YEARS.contains(&day.year()));
    day.ok_or_else(|| Misreading::new(place.clone(), "Esta data fica longe demais."))
}
