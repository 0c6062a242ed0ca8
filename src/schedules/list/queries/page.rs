//! A page of the list, and how many there are in each tab.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};

use super::narrowed::{BOUND, Narrowed, narrowing};
use super::situation::{Direction, of_situation};
use crate::error::Result;
use crate::ids::{ContactId, ScheduleId};
use crate::schedules::list::filters::{Place, Sort};
use crate::schedules::{Action, Status};
use crate::web::{Cursor, PageOf};

/// One line of the list.
#[derive(Debug, Queryable)]
pub struct Row {
    pub id: ScheduleId,
    pub contact_id: ContactId,
    pub contact_name: String,
    pub phone: String,
    pub email: String,
    pub channel_name: String,
    pub due_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub action: Action,
    pub status: Status,
    /// Pending, but nearer to another than the company's spacing: left so by a change of the setting.
    pub is_unspaced: bool,
    /// When it was fired by hand, before its time.
    pub fired_early_at: Option<DateTime<Utc>>,
    /// Whether the contact is archived, so that nothing more is planned for it.
    pub is_archived: bool,
    pub department_name: String,
    pub attendant_name: Option<String>,
}

/// The types of its columns.
type Columns = (
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Text,
    Timestamptz,
    Timestamptz,
    Text,
    Text,
    Bool,
    Nullable<Timestamptz>,
    Bool,
    Text,
    Nullable<Text>,
);

/// How many rows a page has.
const PAGE: usize = 25;

/// One row after the other, from the place where the page begins. Ids are given in the order of creation.
///
/// # Errors
/// The database is unreachable.
pub fn page(
    conn: &mut PgConnection,
    narrowed: &Narrowed,
    counts: Counts,
    sort: Sort,
    place: Place,
) -> Result<PageOf<Row>> {
    let is_backwards = place.before.is_some();
    let start = place.before.or(place.after);
    let walk = Walk::new(sort, is_backwards, start.is_some());
    let order = walk.order;
    let rows = match counts.is_few(narrowed.status) {
        true => walk.all_of(narrowed, PAGE + 1),
        false => walk.rows(narrowed, PAGE + 1),
    };
    // Names are looked up for the page alone.
    let query = format!(
        "SELECT s.id, s.contact_id, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                s.due_at, s.created_at, s.action, s.status,
                s.status = 'scheduled' AND s.spacing_exempt AS is_unspaced,
                CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END AS fired_early_at,
                c.archived_at IS NOT NULL AS is_archived, d.name AS department_name, a.name AS attendant_name
           FROM ({rows}) s
           JOIN contacts c ON c.id = s.contact_id
           JOIN channels ch ON ch.id = c.channel_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN users a ON a.id = s.attendant_id {order}"
    );
    let query = narrowing(query, narrowed)
        .bind::<Nullable<Timestamptz>, _>(start.map(|cursor| cursor.at))
        .bind::<Nullable<BigInt>, _>(start.map(|cursor| cursor.id));
    let rows: Vec<Row> = query.by_place::<Columns>().load(conn)?;
    let cursor = |row: &Row| Cursor {
        at: if sort.is_by_creation() { row.created_at } else { row.due_at },
        id: row.id.0,
    };
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), cursor))
}

/// In which order, and from where on, schedules are read.
pub struct Walk {
    sort: Sort,
    is_descending: bool,
    has_cursor: bool,
    pub order: &'static str,
    beyond: String,
}

impl Walk {
    /// The cursor, if there is one, is bound after the filters: time and id.
    pub fn new(sort: Sort, is_backwards: bool, has_cursor: bool) -> Self {
        let is_descending = sort.is_descending() != is_backwards;
        let order = match (sort.is_by_creation(), is_descending) {
            (true, true) => "ORDER BY s.id DESC",
            (true, false) => "ORDER BY s.id",
            (false, true) => "ORDER BY s.due_at DESC, s.id DESC",
            (false, false) => "ORDER BY s.due_at, s.id",
        };
        let sign = if is_descending { '<' } else { '>' };
        let beyond = match (has_cursor, sort.is_by_creation()) {
            (false, _) => String::new(),
            (true, true) => format!("AND s.id {sign} ${}", BOUND + 2),
            (true, false) => format!("AND (s.due_at, s.id) {sign} (${}, ${})", BOUND + 1, BOUND + 2),
        };
        Self { sort, is_descending, has_cursor, order, beyond }
    }

    /// The first schedules on the way. The indexes of filters begin with the situation: all situations
    /// together are the first of each.
    pub fn rows(&self, narrowed: &Narrowed, limit: usize) -> String {
        let order = self.order;
        if self.sort.is_by_creation() || narrowed.status.is_none() && narrowed.indexed().is_none() {
            return self.first(narrowed, limit);
        }
        let of_each: Vec<_> =
            narrowed.statuses().map(|status| self.first_of(status, narrowed, limit)).collect();
        match &of_each[..] {
            [of_one] => of_one.clone(),
            _ => format!("SELECT * FROM ({}) s {order} LIMIT {limit}", of_each.join(" UNION ALL ")),
        }
    }

    fn first(&self, narrowed: &Narrowed, limit: usize) -> String {
        let Self { order, beyond, .. } = self;
        format!("(SELECT s.* FROM schedules s WHERE {} {beyond} {order} LIMIT {limit})", narrowed.condition())
    }

    fn first_of(&self, status: Status, narrowed: &Narrowed, limit: usize) -> String {
        if narrowed.is_searched() {
            return self.first(&Narrowed { status: Some(status), ..narrowed.clone() }, limit);
        }
        let direction = if self.is_descending { Direction::Descending } else { Direction::Ascending };
        let found = of_situation(status, narrowed, &narrowed.rest(), direction, self.has_cursor);
        format!("({found} LIMIT {limit})")
    }

    /// The same where few schedules are within the filters: on the way in the order of the list they may lie
    /// far apart, so they are found as they were counted, and sorted.
    pub fn all_of(&self, narrowed: &Narrowed, limit: usize) -> String {
        let Self { order, beyond, .. } = self;
        let of_each = narrowed.statuses().map(|status| {
            // OFFSET 0 keeps the planner from taking the other way after all.
            let found = found_by_index(status, narrowed);
            format!("(SELECT s.* FROM ({found} OFFSET 0) s WHERE {} {beyond})", narrowed.condition())
        });
        let of_all = of_each.collect::<Vec<_>>().join(" UNION ALL ");
        format!("SELECT * FROM ({of_all}) s {order} LIMIT {limit}")
    }
}

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
    fn is_few(&self, tab: Option<Status>) -> bool {
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
///
/// # Errors
/// The database is unreachable.
pub fn counts(conn: &mut PgConnection, all: &Narrowed) -> Result<Counts> {
    let limit = match (&all.patterns, &all.found, all.set()) {
        (Some(_), ..) => COMPARED,
        (None, None, ..=1) => COUNTED + 1,
        _ => LOOKED_AT + 1,
    };
    // Each situation is written out, so that the planner knows how many rows to expect of it.
    let of_each = Status::ALL.iter().map(|status| count_of(*status, all, limit));
    let query = of_each.collect::<Vec<_>>().join(" UNION ALL ");
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
    format!(
        "(SELECT '{}' AS status, count(*) AS looked_at, count(*) FILTER (WHERE {}) AS count
           FROM ({} LIMIT {limit}) s)",
        status.as_str(),
        narrowed.condition(),
        found_by_index(status, narrowed),
    )
}

/// The schedules of a situation as far as one index narrows them.
fn found_by_index(status: Status, narrowed: &Narrowed) -> String {
    match &narrowed.found {
        Some(_) => format!(
            "SELECT s.* FROM schedules s WHERE s.status = '{}' AND s.id = ANY ($1) AND {}",
            status.as_str(),
            narrowed.within_period()
        ),
        None => of_situation(status, narrowed, "true", Direction::Ascending, false),
    }
}
