//! The list of departments.

use askama::Template;

use crate::departments::queries::{self, COUNT_LIMIT};
use crate::web::tint;

#[derive(Template)]
#[template(path = "departments/index.html")]
pub struct Index {
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    tint: u32,
    members: i64,
    open_tickets: String,
    pending_schedules: String,
    is_active: bool,
    is_first: bool,
    is_last: bool,
}

impl Index {
    pub fn new(lines: Vec<queries::Line>) -> Self {
        let count = lines.len();
        let line = |(place, line): (usize, queries::Line)| Line {
            id: line.id.to_string(),
            tint: tint(&line.id),
            name: line.name,
            members: line.members,
            open_tickets: capped_count(line.open_tickets),
            pending_schedules: capped_count(line.pending_schedules),
            is_active: line.is_active,
            is_first: place == 0,
            is_last: place + 1 == count,
        };
        Self { lines: lines.into_iter().enumerate().map(line).collect() }
    }
}

fn capped_count(count: i64) -> String {
    if count > COUNT_LIMIT { "mais de 1.000".into() } else { count.to_string() }
}
