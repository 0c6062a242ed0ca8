//! A page of the list.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};

use super::counts::{Counts, equal_to};
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
    let rows = match (&narrowed.found, counts.is_few(narrowed.status)) {
        (Some(_), _) => walk.of_found(narrowed, PAGE + 1),
        (None, true) => walk.all_of(narrowed, PAGE + 1),
        (None, false) => walk.rows(narrowed, PAGE + 1),
    };
    // Beside the cost of comparing texts the planner sees no difference between reading one contact and all of
    // them; a part that is planned by itself (OFFSET 0) reads one.
    let contact = match narrowed.patterns {
        Some(_) => "LATERAL (SELECT * FROM contacts WHERE id = s.contact_id OFFSET 0) c",
        None => "contacts c",
    };
    // Names are looked up for the page alone.
    let query = format!(
        "SELECT s.id, s.contact_id, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                s.due_at, s.created_at, s.action, s.status,
                s.status = 'scheduled' AND s.spacing_exempt AS is_unspaced,
                CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END AS fired_early_at,
                c.archived_at IS NOT NULL AS is_archived, d.name AS department_name, a.name AS attendant_name
           FROM ({rows}) s
           JOIN {contact} ON c.id = s.contact_id
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
        if self.sort.is_by_creation() || (narrowed.status.is_none() && narrowed.indexed().is_none()) {
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

    /// The same of what a search found: looked up, and sorted.
    fn of_found(&self, narrowed: &Narrowed, limit: usize) -> String {
        let Self { order, beyond, .. } = self;
        // OFFSET 0 keeps the planner from walking the list instead.
        format!(
            "(SELECT s.* FROM (SELECT s.* FROM schedules s WHERE s.id = ANY ($1) OFFSET 0) s
               WHERE {} {beyond} {order} LIMIT {limit})",
            narrowed.condition()
        )
    }

    /// The same where few schedules are within the filters: on the way in the order of the list they may lie
    /// far apart, so they are found as they were counted, and sorted.
    pub fn all_of(&self, narrowed: &Narrowed, limit: usize) -> String {
        let Self { order, beyond, .. } = self;
        let of_each = narrowed.statuses().map(|status| {
            let found = equal_to(status, narrowed);
            // OFFSET 0 keeps the planner from taking the other way after all.
            format!("(SELECT s.* FROM ({found} OFFSET 0) s WHERE {} {beyond})", narrowed.condition())
        });
        let of_all = of_each.collect::<Vec<_>>().join(" UNION ALL ");
        format!("SELECT * FROM ({of_all}) s {order} LIMIT {limit}")
    }
}
