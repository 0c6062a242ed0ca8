//! A page of the list.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::counts::{Counts, rows_of_status};
use super::filter_values::{DELIVERY, FILTER_PARAMETERS, FilterValues, SCHEDULES, Source, bind_filters};
use super::status_range::{Direction, status_range};
use crate::db::{self, Cursor, PageOf};
use crate::error::Result;
use crate::ids::{ContactId, ScheduleId};
use crate::outbox::DeliveryState;
use crate::schedules::list::filters::{PageStart, Sort};
use crate::schedules::{Action, Status};

db::row_by_position! {
    /// One line of the list.
    #[derive(Debug)]
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
        /// Pending, but too close to another schedule because the company's spacing was changed.
        pub is_unspaced: bool,
        /// When it was run by hand, before its time.
        pub fired_early_at: Option<DateTime<Utc>>,
        /// Whether the contact is archived and can have no new schedules.
        pub is_archived: bool,
        pub department_name: String,
        pub attendant_name: Option<String>,
        /// What became of its message; `None` if none was sent.
        pub delivery: Option<DeliveryState>,
    }
}

/// Rows per page.
pub const PAGE: usize = 25;

/// Loads a page of the list. Ids are assigned in the order of creation.
pub fn page(
    conn: &mut PgConnection,
    values: &FilterValues,
    counts: Counts,
    sort: Sort,
    from: PageStart,
) -> Result<PageOf<Row>> {
    let is_backwards = from.before.is_some();
    let start = from.before.or(from.after);
    let cursor = |row: &Row| Cursor {
        at: if sort.is_by_creation() { row.created_at } else { row.due_at },
        id: row.id.0,
    };
    if values.found.as_ref().is_some_and(Vec::is_empty) || values.are_impossible() {
        return Ok(PageOf::cut(Vec::new(), PAGE, (start, is_backwards), cursor));
    }
    let reading = ReadOrder::new(sort, is_backwards, start.is_some());
    let order = reading.order;
    let rows = match (&values.found, values.text_condition()) {
        (Some(_), _) => reading.rows_found(values, PAGE + 1),
        (None, None) if counts.is_complete_and_small(values.status) => reading.rows_sorted(values, PAGE + 1),
        (None, _) => reading.rows(values, PAGE + 1),
    };
    // Comparing texts is so expensive that the planner sees no difference between reading one contact and
    // reading all. A subquery with OFFSET 0 is planned separately, and reads one.
    let contact = match values.words {
        Some(_) => "LATERAL (SELECT * FROM contacts WHERE id = s.contact_id OFFSET 0) c",
        None => "contacts c",
    };
    // Join the names only for the rows of the page.
    let query = format!(
        "SELECT s.id, s.contact_id, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                s.due_at, s.created_at, s.action, s.status,
                s.status = 'scheduled' AND s.spacing_exempt AS is_unspaced,
                CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END AS fired_early_at,
                c.archived_at IS NOT NULL AS is_archived, d.name AS department_name, a.name AS attendant_name,
                {DELIVERY} AS delivery
           FROM ({rows}) s
           JOIN {contact} ON c.id = s.contact_id
           JOIN channels ch ON ch.id = c.channel_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN users a ON a.id = s.attendant_id {order}"
    );
    let query =
        bind_filters(query, values).bind(start.map(|cursor| cursor.at)).bind(start.map(|cursor| cursor.id));
    let rows: Vec<Row> = query.load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), cursor))
}

/// The order in which schedules are read, and the row after which reading begins.
pub struct ReadOrder {
    sort: Sort,
    is_descending: bool,
    has_cursor: bool,
    pub order: &'static str,
}

impl ReadOrder {
    /// The cursor, if there is one, is bound after the filters: time, then id.
    pub fn new(sort: Sort, is_backwards: bool, has_cursor: bool) -> Self {
        let is_descending = sort.is_descending() != is_backwards;
        let order = match (sort.is_by_creation(), is_descending) {
            (true, true) => "ORDER BY s.id DESC",
            (true, false) => "ORDER BY s.id",
            (false, true) => "ORDER BY s.due_at DESC, s.id DESC",
            (false, false) => "ORDER BY s.due_at, s.id",
        };
        Self { sort, is_descending, has_cursor, order }
    }

    /// The order and the rows after the cursor in SQL, by the columns of `source`.
    fn within(&self, source: Source) -> (String, String) {
        let Source { due_at, id, .. } = source;
        let (direction, sign) = if self.is_descending { ("DESC", '<') } else { ("ASC", '>') };
        let (at, last) = (FILTER_PARAMETERS + 1, FILTER_PARAMETERS + 2);
        let (order, after) = match self.sort.is_by_creation() {
            true => (format!("ORDER BY {id} {direction}"), format!("AND {id} {sign} ${last}")),
            false => (
                format!("ORDER BY {due_at} {direction}, {id} {direction}"),
                format!("AND ({due_at}, {id}) {sign} (${at}, ${last})"),
            ),
        };
        (order, if self.has_cursor { after } else { String::new() })
    }

    /// SQL: the first schedules in this order. The indexes of the filters begin with the situation, so the
    /// first of all situations are selected from the first of each.
    pub fn rows(&self, values: &FilterValues, limit: usize) -> String {
        let order = self.order;
        if let Some(text_condition) = values.text_condition() {
            return self.rows_by_slice(values, &text_condition, limit);
        }
        if self.sort.is_by_creation() || (values.status.is_none() && values.indexed().is_none()) {
            return self.first(values, limit);
        }
        let of_each: Vec<_> = values.statuses().map(|status| self.first_of(status, values, limit)).collect();
        match &of_each[..] {
            [of_one] => of_one.clone(),
            _ => format!("SELECT * FROM ({}) s {order} LIMIT {limit}", of_each.join(" UNION ALL ")),
        }
    }

    fn first(&self, values: &FilterValues, limit: usize) -> String {
        let source = values.source();
        let (order, after_cursor) = self.within(source);
        format!(
            "(SELECT s.* FROM {} WHERE {} {after_cursor} {order} LIMIT {limit})",
            source.tables,
            values.condition_in_source()
        )
    }

    fn first_of(&self, status: Status, values: &FilterValues, limit: usize) -> String {
        if values.is_searched() {
            return self.first(&FilterValues { status: Some(status), ..values.clone() }, limit);
        }
        let direction = if self.is_descending { Direction::Descending } else { Direction::Ascending };
        let found = status_range(status, values, &values.rest(), direction, self.has_cursor);
        format!("({found} LIMIT {limit})")
    }

    /// Like [`rows`](Self::rows), for a search that uses its index: reads one slice of the list after another,
    /// that is a week or a block of ids, until it has enough rows. The planner can only run a LATERAL subquery
    /// once for each slice, in their order.
    fn rows_by_slice(&self, values: &FilterValues, text_condition: &str, limit: usize) -> String {
        let (order, after_cursor) = self.within(SCHEDULES);
        let others = FilterValues { words: None, ..values.clone() };
        let column = if self.sort.is_by_creation() { "search_block(x.schedule_id)" } else { "x.week" };
        let (first, last) = if self.sort.is_by_creation() { self.blocks() } else { self.weeks(&others) };
        let step = if self.is_descending { -1 } else { 1 };
        // OFFSET 0 keeps the planner from reading the schedules of the slice in another way than by their texts.
        format!(
            "(SELECT s.* FROM generate_series({first}, {last}, {step}) AS slice (number)
               CROSS JOIN LATERAL (
                  SELECT s.* FROM (SELECT x.schedule_id FROM schedule_texts x
                                    WHERE {column} = slice.number AND {text_condition} OFFSET 0) x
                    JOIN schedules s ON s.id = x.schedule_id
                   WHERE {} {after_cursor} {order}) s
               LIMIT {limit})",
            others.condition()
        )
    }

    /// SQL: the first and the last block of ids, in the order of reading.
    fn blocks(&self) -> (String, String) {
        let of_ids = |which: &str| format!("(SELECT search_block({which}(id)) FROM schedules)");
        let (first, last) = if self.is_descending { ("max", "min") } else { ("min", "max") };
        let cursor = format!("search_block(${})", FILTER_PARAMETERS + 2);
        (if self.has_cursor { cursor } else { of_ids(first) }, of_ids(last))
    }

    /// SQL: the first and the last week with schedules of the situations, in the order of reading.
    fn weeks(&self, values: &FilterValues) -> (String, String) {
        let end = |which: &str, direction, has_cursor| {
            let first = |status| status_range(status, values, "true", direction, has_cursor);
            let of_each: Vec<_> =
                values.statuses().map(|status| format!("({} LIMIT 1)", first(status))).collect();
            format!("(SELECT search_week({which}(s.due_at)) FROM ({}) s)", of_each.join(" UNION ALL "))
        };
        if self.is_descending {
            (end("max", Direction::Descending, self.has_cursor), end("min", Direction::Ascending, false))
        } else {
            (end("min", Direction::Ascending, self.has_cursor), end("max", Direction::Descending, false))
        }
    }

    /// Like [`rows`](Self::rows), for the result of a search: reads its rows by id and sorts them.
    fn rows_found(&self, values: &FilterValues, limit: usize) -> String {
        let (order, after_cursor) = self.within(SCHEDULES);
        // OFFSET 0 keeps the planner from reading the list in order instead.
        format!(
            "(SELECT s.* FROM (SELECT s.* FROM schedules s WHERE s.id = ANY ($1) OFFSET 0) s
               WHERE {} {after_cursor} {order} LIMIT {limit})",
            values.condition()
        )
    }

    /// Like [`rows`](Self::rows), if few schedules match. They may be far apart in the order of the list, so
    /// they are read as for the count, and sorted.
    pub fn rows_sorted(&self, values: &FilterValues, limit: usize) -> String {
        let (order, after_cursor) = self.within(SCHEDULES);
        let of_each = values.statuses().map(|status| {
            let found = rows_of_status(status, values);
            // OFFSET 0 keeps the planner from reading the list in order instead.
            format!("(SELECT s.* FROM ({found} OFFSET 0) s WHERE {} {after_cursor})", values.rest())
        });
        let all = of_each.collect::<Vec<_>>().join(" UNION ALL ");
        format!("SELECT * FROM ({all}) s {order} LIMIT {limit}")
    }
}
