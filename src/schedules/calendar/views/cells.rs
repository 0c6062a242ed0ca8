//! The calendar's cells, ready for the template.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{CalendarData, PATH, free_time, long_day};
use crate::clock::{self, Zone};
use crate::schedules::calendar::grid::{Cell, View};
use crate::schedules::calendar::queries::Entry;
use crate::schedules::form::Fold;
use crate::schedules::list::{self, Filters, Period};
use crate::schedules::{Action, Status};

/// Maximum schedules of a day that the agenda shows.
const MAX_IN_AGENDA: usize = 10;

/// One cell.
pub struct CellView {
    pub number: u32,
    pub label: String,
    /// Address of the day's week. `select`, for narrow screens, is the address that lists the day below the
    /// month.
    pub week: String,
    pub select: String,
    pub style: &'static str,
    pub entries: Vec<EntryView>,
    pub dots: Vec<&'static str>,
    pub more: Option<More>,
    /// Address and label of the link that creates a schedule at this time.
    pub new: Option<(String, String)>,
    /// The value that a schedule dropped here gets: the day, or the day and the hour. `None` if it cannot be
    /// dropped here.
    pub drop: Option<String>,
    /// Why a schedule cannot be dropped here, if it cannot.
    pub refusal: &'static str,
}

pub struct EntryView {
    pub id: String,
    pub version: i32,
    pub time: String,
    pub contact: String,
    pub status: Status,
    pub action: &'static str,
    pub icon: &'static str,
    pub due: String,
    /// Which of the two, if the clocks repeat this time.
    pub fold: Option<&'static str>,
    pub is_pending: bool,
    /// When it ran, if it was run by hand before its time.
    pub fired: Option<String>,
}

/// The number of schedules that the cell does not show, and the address that lists them.
pub struct More {
    pub text: String,
    pub label: String,
    pub href: String,
}

impl More {
    /// `Mais 230`, if there is room for words.
    pub fn in_words(&self) -> String {
        self.text.replacen('+', "Mais ", 1)
    }
}

/// A day in the agenda, which narrow screens show.
pub struct AgendaDay {
    pub label: String,
    pub entries: Vec<EntryView>,
    pub more: Option<More>,
    pub new: Option<(String, String)>,
}

/// Builds the cells of a page, by position.
pub struct Cells<'a> {
    zone: Zone,
    shown: &'a CalendarData,
}

impl<'a> Cells<'a> {
    pub fn new(zone: Zone, shown: &'a CalendarData) -> Self {
        Self { zone, shown }
    }

    pub fn of_month(&self) -> Vec<Vec<CellView>> {
        let views: Vec<CellView> = (0..self.shown.cells.len()).map(|place| self.view(place)).collect();
        let mut weeks: Vec<Vec<CellView>> = Vec::new();
        for view in views {
            match weeks.last_mut() {
                Some(week) if week.len() < 7 => week.push(view),
                _ => weeks.push(vec![view]),
            }
        }
        weeks
    }

    pub fn of_week(&self, hours: &[u32]) -> Vec<(String, Vec<CellView>)> {
        let row = |hour: &u32| {
            let places = self.shown.cells.iter().enumerate().filter(|(_, cell)| cell.hour == Some(*hour));
            (format!("{hour:02}:00"), places.map(|(place, _)| self.view(place)).collect())
        };
        hours.iter().map(row).collect()
    }

    pub fn day_title(&self, day: NaiveDate) -> String {
        let text = long_day(day);
        let mut letters = text.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }

    /// The days of the week that have schedules or can still get some.
    pub fn agenda(&self) -> Vec<AgendaDay> {
        let mut days: Vec<NaiveDate> = self.shown.cells.iter().map(|cell| cell.day).collect();
        days.dedup();
        let days = days.into_iter().flat_map(|day| self.agenda_of(day));
        days.filter(|day| !day.entries.is_empty() || day.new.is_some()).collect()
    }

    pub fn agenda_of(&self, day: NaiveDate) -> Vec<AgendaDay> {
        let places: Vec<usize> =
            (0..self.shown.cells.len()).filter(|p| self.shown.cells[*p].day == day).collect();
        let entries: Vec<EntryView> =
            places.iter().flat_map(|place| self.entries(*place)).take(MAX_IN_AGENDA).collect();
        let counts: Vec<(i64, bool)> = places.iter().map(|place| self.count(*place)).collect();
        let count = (counts.iter().map(|count| count.0).sum(), counts.iter().any(|count| count.1));
        vec![AgendaDay {
            label: self.day_title(day),
            more: self.more(day, count, entries.len()),
            entries,
            new: self.new_on(day),
        }]
    }

    /// The number of schedules in a cell, and whether there may be more.
    pub fn count(&self, place: usize) -> (i64, bool) {
        let cell_counts = self.shown.cell_counts.iter().filter(|cell| cell.cell == place as i64 + 1);
        cell_counts.fold((0, false), |(sum, is_cut), cell| (sum + cell.count, is_cut || cell.is_cut))
    }

    fn view(&self, place: usize) -> CellView {
        let cell = &self.shown.cells[place];
        let count = self.count(place);
        let entries = self.entries(place);
        let at = |view: View| {
            self.shown.filters.address(PATH, &[("view", view.as_str()), ("date", &cell.day.to_string())])
        };
        CellView {
            number: cell.day.day(),
            label: self.label(cell, count),
            week: at(View::Week),
            select: at(View::Month),
            style: self.style(cell),
            dots: self.dots(place),
            more: self.more(cell.day, count, entries.len()),
            entries,
            new: self.new_in(cell),
            drop: self.drop(cell),
            refusal: match (cell.is_empty(), cell.hour) {
                (true, _) => "Esta hora não existe nesse dia.",
                (false, Some(_)) => "Esta hora já passou.",
                (false, None) => "Este dia já passou.",
            },
        }
    }

    /// `2 de novembro, 1 agendamento`.
    fn label(&self, cell: &Cell, (count, is_cut): (i64, bool)) -> String {
        let day = format!("{} de {}", cell.day.day(), clock::month(cell.day));
        match (count, is_cut) {
            (0, _) => day,
            (1, _) => format!("{day}, 1 agendamento"),
            (n, false) => format!("{day}, {n} agendamentos"),
            (n, true) => format!("{day}, mais de {n} agendamentos"),
        }
    }

    fn style(&self, cell: &Cell) -> &'static str {
        let is_out = self.shown.view == View::Month && cell.day.month() != self.shown.day.month();
        let is_chosen = self.shown.view == View::Month && cell.day == self.shown.day;
        match (cell.is_empty(), cell.day == self.zone.day(self.shown.now), is_chosen, is_out) {
            (true, ..) => "gone",
            (_, true, true, _) => "today chosen",
            (_, true, ..) => "today",
            (_, _, true, _) => "chosen",
            (.., true) => "out",
            _ => "",
        }
    }

    fn entries(&self, place: usize) -> Vec<EntryView> {
        let of_cell = self.shown.entries.iter().filter(|entry| entry.cell == place as i64 + 1);
        of_cell.map(|entry| EntryView::new(self.zone, entry)).collect()
    }

    /// A dot for each situation, up to four.
    fn dots(&self, place: usize) -> Vec<&'static str> {
        let cell_counts = self.shown.cell_counts.iter().filter(|cell| cell.cell == place as i64 + 1);
        cell_counts.map(|cell| cell.status.style()).collect()
    }

    fn more(&self, day: NaiveDate, (count, is_cut): (i64, bool), shown: usize) -> Option<More> {
        // The count may stop early (`is_cut`). The entries come from another statement, so there may be more
        // entries than were counted.
        let rest = (count - shown as i64).max(i64::from(is_cut));
        let text = if is_cut { format!("+{rest} ou mais") } else { format!("+{rest}") };
        let period = Some(Period::Between { from: Some(day), to: Some(day) });
        (rest > 0).then(|| More {
            label: format!("ver todos os agendamentos de {}", long_day(day)),
            text,
            href: Filters { period, ..self.shown.filters.clone() }.address(list::PATH, &[]),
        })
    }

    fn new_in(&self, cell: &Cell) -> Option<(String, String)> {
        let Some(hour) = cell.hour else { return self.new_on(cell.day) };
        let is_ahead = cell.from > self.shown.now && !cell.is_empty();
        is_ahead.then(|| {
            let label = format!("Agendar em {} às {hour:02}:00", long_day(cell.day));
            (new_at(self.zone, cell.from), label)
        })
    }

    fn new_on(&self, day: NaiveDate) -> Option<(String, String)> {
        let at = free_time(self.zone, day, self.shown.now)?;
        Some((format!("/schedules/new?due_at={at}"), format!("Agendar em {}", long_day(day))))
    }

    fn drop(&self, cell: &Cell) -> Option<String> {
        let is_ahead = cell.to > self.shown.now && !cell.is_empty();
        is_ahead.then(|| match cell.hour {
            Some(hour) => format!("{}T{hour:02}", cell.day),
            None => cell.day.to_string(),
        })
    }
}

fn new_at(zone: Zone, at: DateTime<Utc>) -> String {
    format!("/schedules/new?due_at={}", zone.input(at))
}

impl EntryView {
    fn new(zone: Zone, entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string(),
            version: entry.version,
            time: zone.time(entry.due_at),
            contact: entry.contact_name.clone(),
            status: entry.status,
            action: entry.action.label(),
            icon: match entry.action {
                Action::OpenTicket => "message-plus",
                Action::OpenTicketAndNotify => "message-bolt",
                Action::Notify => "bell",
            },
            due: zone.input(entry.due_at),
            fold: Fold::of(zone, entry.due_at).map(Fold::as_str),
            is_pending: !entry.status.is_final(),
            fired: entry.fired_early_at.map(|at| zone.date_time(at)),
        }
    }
}
