//! The list of schedules.

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};

use crate::error::Result;
use crate::ids::{ContactId, ScheduleId};
use crate::schedules::{Action, Status};
use crate::web::{Cursor, PageOf};

/// What the list shows, and where its page begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
}

/// One line of the list.
#[derive(Debug, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = BigInt)]
    pub contact_id: ContactId,
    #[diesel(sql_type = Text)]
    pub contact_name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub channel_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub action: Action,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Text)]
    pub department_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub attendant_name: Option<String>,
}

/// How many rows a page has.
const PAGE: usize = 25;

/// A page of schedules, newest due first.
///
/// # Errors
/// The database is unreachable.
pub fn page(conn: &mut PgConnection, filter: Filter) -> Result<PageOf<Row>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.or(filter.after);
    let mut query = diesel::sql_query(
        "SELECT s.id, s.contact_id, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                s.due_at, s.action, s.status, d.name AS department_name, a.name AS attendant_name
           FROM schedules s
           JOIN contacts c ON c.id = s.contact_id
           JOIN channels ch ON ch.id = c.channel_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN users a ON a.id = s.attendant_id
          WHERE true",
    )
    .into_boxed::<Pg>();
    let mut bound = 0;
    let mut next = || {
        bound += 1;
        bound
    };
    if let Some(status) = filter.status {
        query = query.sql(format!(" AND s.status = ${}", next())).bind::<Text, _>(status);
    }
    if let Some(cursor) = start {
        let sign = if is_backwards { '>' } else { '<' };
        query = query
            .sql(format!(" AND (s.due_at, s.id) {sign} (${}, ${})", next(), next()))
            .bind::<Timestamptz, _>(cursor.at)
            .bind::<BigInt, _>(cursor.id);
    }
    let order = if is_backwards { "ASC" } else { "DESC" };
    let query = query.sql(format!(" ORDER BY s.due_at {order}, s.id {order} LIMIT {}", PAGE + 1));
    let rows: Vec<Row> = query.load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), |row| Cursor { at: row.due_at, id: row.id.0 }))
}

/// How many schedules there are in each situation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts([i64; Status::ALL.len()]);

impl Counts {
    pub fn of(&self, status: Status) -> i64 {
        self.0[status as usize]
    }

    pub fn all(&self) -> i64 {
        self.0.iter().sum()
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// # Errors
/// The database is unreachable.
pub fn counts(conn: &mut PgConnection) -> Result<Counts> {
    let rows: Vec<CountRow> =
        diesel::sql_query("SELECT status, count(*) AS count FROM schedules GROUP BY status").load(conn)?;
    let mut counts = Counts::default();
    for row in rows {
        counts.0[row.status as usize] = row.count;
    }
    Ok(counts)
}
