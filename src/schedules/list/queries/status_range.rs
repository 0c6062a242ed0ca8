//! SQL for the schedules of one situation in the order of their due time: a range of the indexes that are in
//! this order.

use super::filter_values::{FILTER_PARAMETERS, FilterValues};
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
    let status = status.as_str();
    let indexed = values.indexed();
    let (column, value) = indexed
        .map_or_else(Default::default, |(column, value)| (format!("{column}, "), format!("{value}, ")));
    let side = |sign: &str| format!("({column}s.status) {sign} ({value}'{status}')");
    let time =
        |sign: &str, at: &str| format!("({column}s.status, s.due_at) {sign} ({value}'{status}', {at})");
    let place = |sign: &str, at: &str, id: &str| {
        format!("({column}s.status, s.due_at, s.id) {sign} ({value}'{status}', {at}, {id})")
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
    let by = indexed.map_or_else(String::new, |(column, _)| format!("{column} {order}, "));
    format!(
        "SELECT s.* FROM schedules s WHERE {start} AND {end} AND {rest}
          ORDER BY {by}s.status {order}, s.due_at {order}, s.id {order}"
    )
}
