//! SQL for the schedules of one situation in the order of their due time: a range of the indexes that are in
//! this order.

use super::filter_values::{FILTER_PARAMETERS, FilterValues, Indexed, Source};
use crate::schedules::Status;

/// Which end of the range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Schedules that are due within the period of `values`, narrowed by one index, and for which `rest` is
/// true. The range begins at one end, or after a cursor, whose due time and id are bound directly after the
/// filters.
///
/// The ends are row comparisons of all columns of the index, so that only that index fits. With a condition
/// of equality, the planner tends to read another index, in which thousands of other rows may come first:
/// completed schedules come after all pending ones.
pub fn status_range(
    status: Status,
    values: &FilterValues,
    rest: &str,
    direction: Direction,
    has_cursor: bool,
) -> String {
    let tables = values.source().tables;
    let Range { ends, order } = range(status, values, direction, has_cursor);
    format!("SELECT s.* FROM {tables} WHERE {ends} AND {rest} {order}")
}

/// Conditions and ORDER BY of a range, in SQL.
pub struct Range {
    pub ends: String,
    pub order: String,
}

/// The range in the columns of the index alone.
pub fn range(status: Status, values: &FilterValues, direction: Direction, has_cursor: bool) -> Range {
    let situation = ("s.status", format!("'{}'", status.as_str()));
    // The columns of the index before the due time, and their values.
    let first: Vec<(&str, String)> = match values.indexed() {
        None => vec![situation],
        Some(Indexed::Column(column, value)) => vec![(column, value.to_owned()), situation],
        Some(Indexed::Delivery(state)) => vec![("x.state", format!("'{}'", state.as_str()))],
    };
    let columns = first.iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ");
    let equal = first.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
    let Source { due_at, id, .. } = values.source();
    let side = |sign: &str| format!("({columns}) {sign} ({equal})");
    let time = |sign: &str, at: &str| format!("({columns}, {due_at}) {sign} ({equal}, {at})");
    let place = |sign: &str, at: &str, last: &str| {
        format!("({columns}, {due_at}, {id}) {sign} ({equal}, {at}, {last})")
    };
    let cursor =
        has_cursor.then(|| (format!("${}", FILTER_PARAMETERS + 1), format!("${}", FILTER_PARAMETERS + 2)));
    let after_cursor = |sign: &str| cursor.as_ref().map(|(at, id)| place(sign, at, id));
    let from = values.from.map(|_| time(">=", "$7"));
    let to = values.to.map(|_| time("<", "$8"));
    let (start, end, order) = match direction {
        Direction::Ascending => (
            after_cursor(">").or(from).unwrap_or_else(|| place(">", "'-infinity'", "0")),
            to.unwrap_or_else(|| side("<=")),
            "ASC",
        ),
        Direction::Descending => (
            after_cursor("<").or(to).unwrap_or_else(|| place("<", "'infinity'", "9223372036854775807")),
            from.unwrap_or_else(|| side(">=")),
            "DESC",
        ),
    };
    let by: String = first.iter().map(|(column, _)| format!("{column} {order}, ")).collect();
    Range {
        ends: format!("{start} AND {end}"),
        order: format!("ORDER BY {by}{due_at} {order}, {id} {order}"),
    }
}
