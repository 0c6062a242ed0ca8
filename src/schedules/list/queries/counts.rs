//! How many schedules there are in each tab.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::narrowed::{Narrowed, narrowing};
use super::situation::{Direction, of_situation};
use crate::error::Result;
use crate::schedules::Status;

/// A tab counts to here: beyond, the page says "1.000+", and nobody reads a million rows for a number.
const COUNTED: i64 = 1_000;

/// Where filters without an index of their own thin out what an index finds, so many rows of it are looked
/// at, and the page says "37+" when there are more.
const LOOKED_AT: i64 = 10_000;

/// As many when each must be compared with the words of a search.
const COMPARED: i64 = 100;

/// How many schedules a tab holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub at_least: i64,
    /// Whether there may be more.
    pub is_cut: bool,
}

/// How many schedules there are in each situation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts([Count; Status::ALL.len()]);

impl Counts {
    pub fn of(&self, status: Status) -> Count {
        self.0[status as usize]
    }

    /// Whether all that a tab holds was counted, and is not much.
    pub fn is_few(&self, tab: Option<Status>) -> bool {
        let count = tab.map_or_else(|| self.all(), |status| self.of(status));
        !count.is_cut && count.at_least <= COUNTED
    }

    pub fn all(&self) -> Count {
        let is_cut = self.0.iter().any(|count| count.is_cut);
        Count { at_least: self.0.iter().map(|count| count.at_least).sum(), is_cut }
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = BigInt)]
    looked_at: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many there are in each situation within `all`, which asks for none.
pub fn counts(conn: &mut PgConnection, all: &Narrowed) -> Result<Counts> {
    let limit = match (&all.patterns, &all.found, all.set()) {
        (Some(_), ..) => COMPARED,
        (None, None, ..=1) => COUNTED + 1,
        _ => LOOKED_AT + 1,
    };
    // Each situation is written out, so that the planner knows how many rows to expect of it.
    let of_each = Status::ALL.iter().map(|status| count_of(*status, all, limit));
    let query = match all.found {
        // What a search found is not much, and read once for all situations.
        Some(_) => format!(
            "SELECT s.status, 0::bigint AS looked_at, count(*) AS count FROM schedules s
              WHERE {} GROUP BY s.status",
            all.condition()
        ),
        None => of_each.collect::<Vec<_>>().join(" UNION ALL "),
    };
    let rows: Vec<CountRow> = narrowing(query, all).load(conn)?;
    let mut counts = Counts::default();
    for row in rows {
        let is_cut = row.looked_at >= limit;
        let at_least = if is_cut { row.count.min(COUNTED) } else { row.count };
        counts.0[row.status as usize] = Count { at_least, is_cut };
    }
    Ok(counts)
}

fn count_of(status: Status, narrowed: &Narrowed, limit: i64) -> String {
    let found = of_situation(status, narrowed, "true", Direction::Ascending, false);
    format!(
        "(SELECT '{}' AS status, count(*) AS looked_at, count(*) FILTER (WHERE {}) AS count
           FROM ({found} LIMIT {limit}) s)",
        status.as_str(),
        narrowed.condition(),
    )
}

/// The schedules of a situation as far as one index narrows them, in no order: for all of them, and not the
/// first, the planner knows best how many to expect if it is told that a column is so and so.
pub fn equal_to(status: Status, narrowed: &Narrowed) -> String {
    let indexed = match narrowed.indexed() {
        Some((column, value)) => format!("{column} = {value}"),
        None => "true".to_owned(),
    };
    format!(
        "SELECT s.* FROM schedules s WHERE s.status = '{}' AND {indexed} AND {}",
        status.as_str(),
        narrowed.within_period()
    )
}
