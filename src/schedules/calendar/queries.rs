//! SQL of the calendar: text, because each cell reads its own range of an index.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::grid::Cell;
use crate::db;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schedules::list::{self, FilterValues, SCHEDULES, Source};
use crate::schedules::{Action, Status};

/// Maximum schedules that are counted per cell and situation.
const MAX_COUNTED: i64 = 1_000;

/// Maximum schedules per cell and situation that are compared with the words of a search, if it found too
/// many to list.
const MAX_COMPARED: i64 = 50;

db::row! {
    /// A schedule that a cell shows.
    #[derive(Clone, Debug)]
    pub struct Entry {
        /// The number of its cell, from 1.
        pub cell: i64,
        pub id: ScheduleId,
        pub version: i32,
        pub due_at: DateTime<Utc>,
        pub action: Action,
        pub status: Status,
        pub contact_name: String,
        /// When it was run by hand, before its time.
        pub fired_early_at: Option<DateTime<Utc>>,
    }
}

db::row! {
    /// The number of schedules of one situation in a cell.
    #[derive(Clone, Copy, Debug)]
    pub struct CellCount {
        pub cell: i64,
        pub status: Status,
        pub count: i64,
        /// Whether there may be more.
        pub is_cut: bool,
    }
}

/// The first `limit` schedules of each cell.
pub fn entries(
    conn: &mut PgConnection,
    values: &FilterValues,
    cells: &[Cell],
    limit: i64,
) -> Result<Vec<Entry>> {
    let (from, to) = bounds(cells);
    let Source { tables, due_at, id } = values.source();
    let query = format!(
        "SELECT cell.place AS cell, s.id, s.version, s.due_at, s.action, s.status, c.name AS contact_name,
                CASE WHEN s.status = 'completed' AND s.finished_at < s.due_at THEN s.finished_at END AS fired_early_at
           FROM unnest(${}, ${}) WITH ORDINALITY AS cell (starts, ends, place)
           CROSS JOIN LATERAL (SELECT s.* FROM {tables}
                WHERE {due_at} >= cell.starts AND {due_at} < cell.ends AND {}
                ORDER BY {due_at}, {id} LIMIT {limit}) s
           JOIN contacts c ON c.id = s.contact_id
          ORDER BY cell.place, s.due_at, s.id",
        list::FILTER_PARAMETERS + 1,
        list::FILTER_PARAMETERS + 2,
        values.condition_in_source(),
    );
    let query = list::bind_filters(query, values).bind(from).bind(to);
    Ok(query.load(conn)?)
}

/// The number of schedules in each cell, by situation.
pub fn cell_counts(conn: &mut PgConnection, values: &FilterValues, cells: &[Cell]) -> Result<Vec<CellCount>> {
    let (from, to) = bounds(cells);
    let statuses: Vec<&str> = values.statuses().map(Status::as_str).collect();
    let of_cell = |source: Source| {
        let Source { tables, due_at, .. } = source;
        format!(
            "SELECT s.* FROM {tables} WHERE s.status = situation.status
                AND {due_at} >= cell.starts AND {due_at} < cell.ends"
        )
    };
    let counted = match values.words {
        None if values.delivery_alone().is_some() => format!(
            "SELECT count(*), count(*) >= {MAX_COUNTED} AS is_cut
               FROM (SELECT FROM schedule_deliveries x
                      WHERE {} AND x.due_at >= cell.starts AND x.due_at < cell.ends LIMIT {MAX_COUNTED}) x",
            values.indexed_in_source().unwrap_or_default(),
        ),
        None => format!(
            "SELECT count(*), count(*) >= {MAX_COUNTED} AS is_cut FROM ({} AND {} LIMIT {MAX_COUNTED}) s",
            of_cell(values.source()),
            values.condition_in_source()
        ),
        Some(_) => format!(
            "SELECT count(*) FILTER (WHERE {}), count(*) >= {MAX_COMPARED} AS is_cut
               FROM ({} ORDER BY s.due_at LIMIT {MAX_COMPARED}) s",
            values.condition(),
            of_cell(SCHEDULES)
        ),
    };
    let query = format!(
        "SELECT cell.place AS cell, situation.status, n.count, n.is_cut
           FROM unnest(${}, ${}) WITH ORDINALITY AS cell (starts, ends, place)
           CROSS JOIN unnest(${}) AS situation (status)
           CROSS JOIN LATERAL ({counted}) n
          WHERE n.count > 0",
        list::FILTER_PARAMETERS + 1,
        list::FILTER_PARAMETERS + 2,
        list::FILTER_PARAMETERS + 3,
    );
    let query = list::bind_filters(query, values).bind(from).bind(to).bind(statuses);
    Ok(query.load(conn)?)
}

fn bounds(cells: &[Cell]) -> (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) {
    cells.iter().map(|cell| (cell.from, cell.to)).unzip()
}
