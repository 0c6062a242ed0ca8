//! What the form suggests beside the time: the next free times, and how full the chosen day is.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use diesel::pg::PgConnection;

use super::draft::Facts;
use super::queries;
use super::slot::Slot;
use crate::clock::{YEARS, Zone};
use crate::error::Result;
use crate::ids::ScheduleId;

/// "hoje 17h" is the end of a working day, "amanhã 9h" the beginning of one.
const MORNING: u32 = 9;
const EVENING: u32 = 17;

pub struct Suggestions {
    pub times: Vec<Suggested>,
    pub day: Option<DayLoad>,
}

/// A free time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// `amanhã`
    pub name: &'static str,
    /// The time that the name stands for. It may not be free.
    pub wanted: DateTime<Utc>,
    /// The first free time from then on.
    pub at: DateTime<Utc>,
}

/// How many schedules are pending on a day.
pub struct DayLoad {
    pub date: NaiveDate,
    pub is_of_attendant: bool,
    /// Hour and number, for the hours that have some.
    pub hours: Vec<(i32, i64)>,
    /// Whether there may be more.
    pub is_cut: bool,
}

impl Suggestions {
    /// For a form whose time was checked. `except` is the schedule that it edits.
    pub fn load(
        conn: &mut PgConnection,
        slot: &Slot,
        facts: &Facts,
        except: Option<ScheduleId>,
    ) -> Result<Self> {
        let wanted = wanted(facts.zone, slot.now, slot.due.instant());
        let times = wanted.iter().map(|(_, at)| *at).collect();
        let free = match slot.spaced {
            (Some(key), gap) => queries::free_times(conn, key, gap, times, except)?,
            (None, _) => times,
        };
        let mut suggested: Vec<Suggested> = Vec::with_capacity(wanted.len());
        for ((name, wanted), at) in wanted.into_iter().zip(free) {
            if suggested.iter().all(|other| other.at != at) {
                suggested.push(Suggested { name, wanted, at });
            }
        }
        let day = slot.due.instant().map(|at| DayLoad::load(conn, at, facts)).transpose()?;
        Ok(Self { times: suggested, day })
    }
}

impl DayLoad {
    fn load(conn: &mut PgConnection, at: DateTime<Utc>, facts: &Facts) -> Result<Self> {
        let (zone, date) = (facts.zone, facts.zone.day(at));
        let bounds = (zone.start_of(date), zone.start_of(date + Days::new(1)));
        let hours = queries::pending_by_hour(conn, bounds, zone, facts.attendant)?;
        let is_cut = hours.iter().map(|(_, count)| count).sum::<i64>() >= queries::MAX_COUNTED;
        Ok(Self { date, is_of_attendant: facts.attendant.is_some(), hours, is_cut })
    }
}

/// The times that people want most, in the future. A week is counted from the chosen time, if there is one.
fn wanted(
    zone: Zone,
    now: DateTime<Utc>,
    chosen: Option<DateTime<Utc>>,
) -> Vec<(&'static str, DateTime<Utc>)> {
    let today = zone.day(now);
    let on = |day: NaiveDate, hour: u32| {
        zone.first_at(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)))
    };
    let in_days = |days: u32| today + Days::new(u64::from(days));
    let until_monday = 7 - today.weekday().num_days_from_monday();
    let week = match chosen.map(|chosen| zone.local(chosen)) {
        Some(chosen) if chosen.year() < *YEARS.end() => zone.first_at(chosen + Days::new(7)),
        _ => on(in_days(7), MORNING),
    };
    let times = [
        ("hoje", on(today, EVENING)),
        ("amanhã", on(in_days(1), MORNING)),
        ("segunda", on(in_days(until_monday), MORNING)),
        ("+1 semana", week),
    ];
    let is_tomorrow = today.weekday() == Weekday::Sun;
    let fits = |(name, at): &(&str, DateTime<Utc>)| *at > now && !(is_tomorrow && *name == "segunda");
    times.into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(now: &str, chosen: Option<&str>) -> Vec<String> {
        let zone = Zone::named("America/Sao_Paulo");
        let times = wanted(zone, now.parse().unwrap(), chosen.map(|at| at.parse().unwrap()));
        times.iter().map(|(name, at)| format!("{name} {}", zone.short(*at))).collect()
    }

    #[test]
    fn the_times_that_people_want_most_lie_ahead() {
        let thursday = "2026-12-03T13:00:00Z";
        let expected =
            ["hoje 03/12, 17:00", "amanhã 04/12, 09:00", "segunda 07/12, 09:00", "+1 semana 10/12, 09:00"];
        assert_eq!(names(thursday, None), expected);
        let evening = "2026-12-06T21:00:00Z";
        assert_eq!(names(evening, None), ["amanhã 07/12, 09:00", "+1 semana 13/12, 09:00"], "on Sunday");
    }

    #[test]
    fn a_week_is_counted_from_the_chosen_time() {
        let times = names("2026-12-03T13:00:00Z", Some("2026-12-05T18:30:00Z"));
        assert_eq!(times.last().unwrap(), "+1 semana 12/12, 15:30");
    }
}
