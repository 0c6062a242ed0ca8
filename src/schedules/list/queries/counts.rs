//! The number of schedules in each tab.

use diesel::pg::PgConnection;

use super::filter_values::{FilterValues, bind_filters};
use super::page::ReadOrder;
use super::status_range::{Direction, Range, range, status_range};
use crate::error::Result;
use crate::schedules::Status;
use crate::schedules::list::filters::Sort;

/// Maximum schedules counted per tab. Beyond it the page says "1.000+": the exact number is not worth reading
/// a million rows.
const MAX_COUNTED: i64 = 1_000;

/// Maximum rows that are read per tab, if filters without an index of their own reduce what an index finds.
/// If there are more, the page says for example "37+".
const MAX_READ: i64 = 10_000;

/// The same, if the state of each row's message must be looked up.
const MAX_LOOKED_UP: i64 = 2_000;

/// The same, if each row must also be compared with the words of a search.
const MAX_COMPARED: i64 = 100;

/// Maximum schedules counted in all tabs together, if a search reads them by its index.
const MAX_FOUND: usize = 30;

/// The order in which a search by its index counts: that of the page without a tab.
pub const COUNTED_FIRST: Sort = Sort::Newest;

/// The number of schedules in a tab.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub at_least: i64,
    /// Whether there may be more.
    pub is_cut: bool,
}

/// The number of schedules in each situation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts([Count; Status::ALL.len()]);

/// Counts the situations of schedules that are all known.
impl FromIterator<Status> for Counts {
    fn from_iter<T: IntoIterator<Item = Status>>(statuses: T) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            counts.0[status as usize].at_least += 1;
        }
        counts
    }
}

impl Counts {
    /// Counts the first [`MAX_FOUND`] schedules that a search found by its index.
    pub fn of_first(statuses: impl ExactSizeIterator<Item = Status>) -> Self {
        let is_cut = statuses.len() >= MAX_FOUND;
        let mut counts: Self = statuses.collect();
        for count in &mut counts.0 {
            count.is_cut = is_cut;
        }
        counts
    }

    pub fn of(&self, status: Status) -> Count {
        self.0[status as usize]
    }

    /// Whether a tab was counted completely and has at most [`MAX_COUNTED`] schedules.
    pub fn is_complete_and_small(&self, tab: Option<Status>) -> bool {
        let count = tab.map_or_else(|| self.all(), |status| self.of(status));
        !count.is_cut && count.at_least <= MAX_COUNTED
    }

    pub fn all(&self) -> Count {
        let is_cut = self.0.iter().any(|count| count.is_cut);
        Count { at_least: self.0.iter().map(|count| count.at_least).sum(), is_cut }
    }
}

/// Counts the schedules in each situation. `all` must have no filter by situation, and no list of what a search
/// found (see `counts_and_page`).
pub fn counts(conn: &mut PgConnection, all: &FilterValues) -> Result<Counts> {
    if all.text_condition().is_some() {
        return counts_of_search(conn, all);
    }
    let limit = match (&all.words, all.count_indexed()) {
        (Some(_), _) => MAX_COMPARED,
        (None, ..=1) => MAX_COUNTED + 1,
        _ if all.delivery.is_some() => MAX_LOOKED_UP + 1,
        _ => MAX_READ + 1,
    };
    // Each situation is a literal in the text, so that the planner knows how many rows to expect.
    let of_each = all.statuses().map(|status| count_of(status, all, limit));
    let query = of_each.collect::<Vec<_>>().join(" UNION ALL ");
    let rows: Vec<(Status, i64, i64)> = bind_filters(query, all).load(conn)?;
    let mut counts = Counts::default();
    for (status, looked_at, count) in rows {
        let is_cut = looked_at >= limit;
        let at_least = if is_cut { count.min(MAX_COUNTED) } else { count };
        counts.0[status as usize] = Count { at_least, is_cut };
    }
    Ok(counts)
}

/// Counts the schedules that a search reads by its index.
fn counts_of_search(conn: &mut PgConnection, all: &FilterValues) -> Result<Counts> {
    let query = format!("SELECT s.status FROM {} s", first_found(all));
    let statuses: Vec<Status> = bind_filters(query, all).load(conn)?;
    Ok(Counts::of_first(statuses.into_iter()))
}

/// SQL: the schedules that are counted for a search by its index, the newest first.
pub fn first_found(all: &FilterValues) -> String {
    ReadOrder::new(COUNTED_FIRST, false, false).rows(all, MAX_FOUND)
}

fn count_of(status: Status, values: &FilterValues, limit: i64) -> String {
    if values.delivery_alone().is_some() {
        let Range { ends, order } = range(status, values, Direction::Ascending, false);
        return format!(
            "(SELECT '{}' AS status, count(*) AS looked_at, count(*) AS count
               FROM (SELECT FROM schedule_deliveries x WHERE {ends} {order} LIMIT {limit}) x)",
            status.as_str(),
        );
    }
    let found = status_range(status, values, "true", Direction::Ascending, false);
    format!(
        "(SELECT '{}' AS status, count(*) AS looked_at, count(*) FILTER (WHERE {}) AS count
           FROM ({found} LIMIT {limit}) s)",
        status.as_str(),
        values.rest(),
    )
}

/// SQL: the schedules of a situation, narrowed by one index, in no order. Used when all of them are needed,
/// not only the first. Conditions of equality let the planner estimate their number best.
pub fn rows_of_status(status: Status, values: &FilterValues) -> String {
    let source = values.source();
    format!(
        "SELECT s.* FROM {} WHERE s.status = '{}' AND {} AND {}",
        source.tables,
        status.as_str(),
        values.indexed_in_source().unwrap_or_else(|| "true".to_owned()),
        values.within_period(source.due_at)
    )
}
