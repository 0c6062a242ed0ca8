//! The result of a search: counted, and reduced to the schedules of one page.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::counts::{COUNTED_FIRST, Counts, first_found};
use super::filter_values::{FilterValues, bind_filters};
use super::page::PAGE;
use crate::db::Cursor;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schedules::Status;
use crate::schedules::list::filters::{PageStart, Sort};

type FoundRow = (ScheduleId, Status, DateTime<Utc>);

/// Whether one statement reads the schedules for the counts and for the page: all those that a search found, or
/// the first that it finds by its index, if the page begins with the same.
pub fn is_read_at_once(values: &FilterValues, sort: Sort, start: PageStart) -> bool {
    let is_first_page = start.after.is_none() && start.before.is_none();
    let begins_as_counted = is_first_page && sort == COUNTED_FIRST && values.status.is_none();
    values.found.is_some() || (begins_as_counted && values.text_condition().is_some())
}

/// Reads the result of a search once, for the counts of all tabs and for the page (see [`is_read_at_once`]). The
/// values that are returned list the schedules of the page, and the one that shows that there is another page.
pub fn counts_and_page(
    conn: &mut PgConnection,
    values: FilterValues,
    sort: Sort,
    start: PageStart,
) -> Result<(Counts, FilterValues)> {
    if values.found.as_ref().is_some_and(Vec::is_empty) {
        return Ok((Counts::default(), values));
    }
    let all = values.without_status();
    // SQL text, because the condition depends on the filters that are set.
    let schedules = match values.found {
        Some(_) => format!("schedules s WHERE {}", all.condition()),
        None => format!("{} s", first_found(&all)),
    };
    let query = format!("SELECT s.id, s.status, s.due_at FROM {schedules}");
    let rows: Vec<FoundRow> = bind_filters(query, &all).load(conn)?;
    let statuses = rows.iter().map(|(_, status, _)| *status);
    let counts = if values.found.is_some() { statuses.collect() } else { Counts::of_first(statuses) };
    let of_tab = rows.into_iter().filter(|(_, status, _)| values.status.is_none_or(|tab| tab == *status));
    let found = of_page(of_tab.collect(), sort, start);
    Ok((counts, FilterValues { found: Some(found), words: None, ..values }))
}

fn of_page(mut rows: Vec<FoundRow>, sort: Sort, start: PageStart) -> Vec<ScheduleId> {
    let is_backwards = start.before.is_some();
    let is_descending = sort.is_descending() != is_backwards;
    let compare = |one: (DateTime<Utc>, i64), other: (DateTime<Utc>, i64)| {
        let ascending = if sort.is_by_creation() { one.1.cmp(&other.1) } else { one.cmp(&other) };
        if is_descending { ascending.reverse() } else { ascending }
    };
    let place = |row: &FoundRow| (row.2, row.0.0);
    if let Some(Cursor { at, id }) = start.before.or(start.after) {
        rows.retain(|row| compare(place(row), (at, id)) == Ordering::Greater);
    }
    rows.sort_unstable_by(|one, other| compare(place(one), place(other)));
    rows.iter().take(PAGE + 1).map(|row| row.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, hour: u32) -> FoundRow {
        (ScheduleId(id), Status::Scheduled, at(hour))
    }

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2031-05-12T{hour:02}:00:00Z").parse().unwrap()
    }

    fn page(sort: Sort, start: PageStart) -> Vec<i64> {
        let rows = vec![row(1, 10), row(2, 9), row(3, 11), row(4, 9)];
        of_page(rows, sort, start).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn a_page_begins_after_or_before_a_row_in_the_order_of_the_list() {
        let start = PageStart::default();
        let cursor = |hour, id| Some(Cursor { at: at(hour), id });
        assert_eq!(page(Sort::Soonest, start), [2, 4, 1, 3]);
        assert_eq!(page(Sort::Soonest, PageStart { after: cursor(9, 4), ..start }), [1, 3]);
        assert_eq!(page(Sort::Soonest, PageStart { before: cursor(10, 1), ..start }), [4, 2]);
    }
}
