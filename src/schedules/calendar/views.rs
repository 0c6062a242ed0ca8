//! Finished data for the calendar.

use askama::Template;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

mod cells;

use super::grid::{Cell, View};
use super::queries::{CellCount, Entry};
use crate::auth::Viewer;
use crate::clock;
use crate::schedules::Status;
use crate::schedules::list::{Chip, FilterForm, FilterOptions, Filters, ViewSwitch, chips};
use crate::web::FilterRemarks;
use cells::{AgendaDay, CellView, Cells};

pub const PATH: &str = "/schedules/calendar";

/// The hours that a week always shows.
const USUAL_HOURS: std::ops::RangeInclusive<u32> = 7..=19;

/// The requested view and its data.
pub struct CalendarData {
    pub view: View,
    pub day: NaiveDate,
    pub now: DateTime<Utc>,
    pub filters: Filters,
    pub options: FilterOptions,
    pub cells: Vec<Cell>,
    pub entries: Vec<Entry>,
    pub cell_counts: Vec<CellCount>,
}

#[derive(Template)]
#[template(path = "schedules/calendar/show.html")]
pub struct Calendar {
    is_week: bool,
    heading: String,
    switch: ViewSwitch,
    filters: FilterForm,
    chips: Vec<Chip>,
    clear: Option<String>,
    previous: String,
    next: String,
    today: String,
    /// The cells of a month, one vector per week.
    weeks: Vec<Vec<CellView>>,
    /// The days of a week. `hours` holds the label and the cells of each hour.
    days: Vec<Head>,
    hours: Vec<(String, Vec<CellView>)>,
    agenda_title: String,
    agenda: Vec<AgendaDay>,
    /// The query string of this page, for the way back to it.
    list: String,
    /// The time zone of the shown times.
    zone: &'static str,
    remarks: FilterRemarks,
}

struct Head {
    short: &'static str,
    number: u32,
    label: String,
    is_today: bool,
}

impl Calendar {
    pub fn new(viewer: &Viewer, shown: CalendarData) -> Self {
        let zone = viewer.zone;
        let CalendarData { view, day, now, ref filters, ref options, .. } = shown;
        let (is_week, date) = (view == View::Week, day.to_string());
        let more = [("view", view.as_str()), ("date", date.as_str())];
        let at =
            |day: NaiveDate| filters.address(PATH, &[("view", view.as_str()), ("date", &day.to_string())]);
        let without_period = Filters { period: None, ..filters.clone() };
        let cells = Cells::new(zone, &shown);
        let first = shown.cells.first().map_or(day, |cell| cell.day);
        Self {
            is_week,
            heading: if is_week { week_heading(first) } else { month_heading(day) },
            switch: ViewSwitch::new(view.as_str(), filters, Some(day)),
            filters: FilterForm::new(filters, options, PATH, &more),
            chips: chips(&without_period, options, PATH, &more),
            clear: without_period.are_any().then(|| filters.cleared().address(PATH, &more)),
            previous: at(view.beside(day, -1)),
            next: at(view.beside(day, 1)),
            today: at(zone.day(now)),
            weeks: if is_week { Vec::new() } else { cells.of_month() },
            days: if is_week { heads(first, zone.day(now)) } else { Vec::new() },
            hours: if is_week { cells.of_week(&hours(&shown, &cells)) } else { Vec::new() },
            agenda_title: if is_week { "Dias da semana".into() } else { cells.day_title(day) },
            agenda: if is_week { cells.agenda() } else { cells.agenda_of(day) },
            list: filters.address("", &more).trim_start_matches('?').to_owned(),
            zone: zone.name(),
            remarks: FilterRemarks::default(),
        }
    }

    /// Adds remarks about the filters in the address.
    pub fn remarking(self, remarks: FilterRemarks) -> Self {
        Self { remarks, ..self }
    }

    fn statuses(&self) -> &'static [Status] {
        Status::ALL
    }
}

/// The usual hours, extended to the first and last hour that has a schedule.
fn hours(shown: &CalendarData, cells: &Cells) -> Vec<u32> {
    let busy = shown.cells.iter().enumerate().filter(|(place, _)| cells.count(*place).0 > 0);
    let busy: Vec<u32> = busy.filter_map(|(_, cell)| cell.hour).collect();
    let first = busy.iter().copied().min().unwrap_or(23).min(*USUAL_HOURS.start());
    let last = busy.iter().copied().max().unwrap_or(0).max(*USUAL_HOURS.end());
    (first..=last).collect()
}

fn heads(first: NaiveDate, today: NaiveDate) -> Vec<Head> {
    let head = |day: NaiveDate| Head {
        short: clock::short_weekday(day),
        number: day.day(),
        label: long_day(day),
        is_today: day == today,
    };
    first.iter_days().take(7).map(head).collect()
}

/// `Novembro de 2026`.
fn month_heading(day: NaiveDate) -> String {
    let month = clock::month(day);
    let mut letters = month.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{} de {}", letters.as_str(), day.year())
}

/// `29 de nov. a 5 de dez. de 2026`.
fn week_heading(first: NaiveDate) -> String {
    let last = first + TimeDelta::days(6);
    let short = |day: NaiveDate| {
        let month: String = clock::month(day).chars().take(3).collect();
        format!("{} de {month}.", day.day())
    };
    match first.year() == last.year() {
        true => format!("{} a {} de {}", short(first), short(last), last.year()),
        false => format!("{} de {} a {} de {}", short(first), first.year(), short(last), last.year()),
    }
}

/// `sábado, 5 de dezembro`.
pub fn long_day(day: NaiveDate) -> String {
    format!("{}, {} de {}", clock::weekday(day).to_lowercase(), day.day(), clock::month(day))
}

/// The time that is proposed for a new schedule: today the next full hour, later days 9:00, past days none.
pub fn free_time(zone: clock::Zone, day: NaiveDate, now: DateTime<Utc>) -> Option<String> {
    let local = zone.local(now);
    let at = match day.cmp(&local.date()) {
        std::cmp::Ordering::Less => return None,
        std::cmp::Ordering::Greater => day.and_time(NaiveTime::from_hms_opt(9, 0, 0)?),
        std::cmp::Ordering::Equal => {
            let next =
                local.date().and_time(NaiveTime::from_hms_opt(local.hour(), 0, 0)?) + TimeDelta::hours(1);
            if next.date() == day { next } else { day.and_time(late(local.time())?) }
        }
    };
    Some(clock::input_value(at))
}

/// In the last hour of a day: the second multiple of five minutes from now, if it is still in that hour.
fn late(now: NaiveTime) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(now.hour(), (now.minute() / 5 + 2) * 5, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proposed_time_is_within_the_day() {
        let zone = clock::Zone::named("America/Sao_Paulo");
        let at = |now: &str| {
            let now = format!("2026-11-30T{now}:00-03:00").parse::<DateTime<Utc>>().unwrap();
            free_time(zone, "2026-11-30".parse().unwrap(), now)
        };
        let today = |time: &str| Some(format!("2026-11-30T{time}"));
        assert_eq!(at("22:59"), today("23:00"));
        assert_eq!(at("23:00"), today("23:10"));
        assert_eq!(at("23:44"), today("23:50"));
        assert_eq!(at("23:49"), today("23:55"));
        assert_eq!(at("23:50"), None);
    }

    #[test]
    fn headings_read_as_in_brazil() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(month_heading(day("2026-11-22")), "Novembro de 2026");
        assert_eq!(week_heading(day("2026-11-29")), "29 de nov. a 5 de dez. de 2026");
        assert_eq!(week_heading(day("2026-12-27")), "27 de dez. de 2026 a 2 de jan. de 2027");
        assert_eq!(long_day(day("2026-12-05")), "sábado, 5 de dezembro");
    }
}
