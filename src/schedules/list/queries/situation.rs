//! The schedules of one situation by their due time: a slice of the indexes that hold them in that order.

use super::narrowed::{BOUND, Narrowed};
use crate::schedules::Status;

/// Which end of a slice comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Those that are due within the period of `narrowed`, as far as one index narrows them, and for which `rest`
/// holds; from one end of the slice on, or from a cursor, whose due time and id are bound first after the filters.
///
/// The ends are comparisons of all columns of the index, so that only that index serves them. Told that a
/// column *is* so and so, the planner likes to walk another index instead, in which thousands of others may come
/// first: what is completed lies behind all that is pending.
pub fn of_situation(
    status: Status,
    narrowed: &Narrowed,
    rest: &str,
    direction: Direction,
    has_cursor: bool,
) -> String {
    let status = status.as_str();
    let indexed = narrowed.indexed();
    let (column, value) = indexed
        .map_or_else(Default::default, |(column, value)| (format!("{column}, "), format!("{value}, ")));
    let side = |sign: &str| format!("({column}s.status) {sign} ({value}'{status}')");
    let time =
        |sign: &str, at: &str| format!("({column}s.status, s.due_at) {sign} ({value}'{status}', {at})");
    let place = |sign: &str, at: &str, id: &str| {
        format!("({column}s.status, s.due_at, s.id) {sign} ({value}'{status}', {at}, {id})")
    };
    let cursor = has_cursor.then(|| (format!("${}", BOUND + 1), format!("${}", BOUND + 2)));
    let beyond = |sign: &str| cursor.as_ref().map(|(at, id)| place(sign, at, id));
    let from = narrowed.from.map(|_| time(">=", "$7"));
    let to = narrowed.to.map(|_| time("<", "$8"));
    let (start, end, order) = match direction {
        Direction::Ascending => (
            beyond(">").or(from).unwrap_or_else(|| place(">", "'-infinity'", "0")),
            to.unwrap_or_else(|| side("<=")),
            "ASC",
        ),
        Direction::Descending => (
            beyond("<").or(to).unwrap_or_else(|| place("<", "'infinity'", "9223372036854775807")),
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
