//! The list of contacts.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::db::{self, NameCursor, PageOf, Prepared, Search};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, UserId};
use crate::schedules;

/// Rows per page.
const ROWS_PER_PAGE: usize = 25;

/// The filters of the list, and where its page begins.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<Search>,
    pub has_person: Option<bool>,
    pub channel: Option<ChannelId>,
    pub archived: bool,
    pub after: Option<NameCursor>,
    pub before: Option<NameCursor>,
}

impl Filter {
    /// Adds the conditions on the contacts `c` to a statement with `bound` bound values. Returns it with the number of its
    /// values.
    pub(super) fn restrict<'f>(&self, mut query: Prepared<'f>, mut bound: usize) -> (Prepared<'f>, usize) {
        if let Some(has_person) = self.has_person {
            let not = if has_person { "NOT " } else { "" };
            query = query.sql(format!(" AND c.person_id IS {not}NULL"));
        }
        if let Some(channel) = self.channel {
            bound += 1;
            query = query.sql(format!(" AND c.channel_id = ${bound}")).bind(channel);
        }
        if let Some(search) = &self.search {
            bound += 1;
            let matches = search.condition("c.search", &format!("${bound}"));
            query = query.sql(format!(" AND {matches}")).bind(search.all().to_vec());
        }
        (query, bound)
    }
}

db::row! {
    /// One line of the list.
    #[derive(Debug)]
    pub struct Row {
        pub id: ContactId,
        pub name: String,
        pub sort_name: String,
        pub phone: String,
        pub email: String,
        pub channel_name: String,
        pub person_name: Option<String>,
        pub open_ticket: Option<i64>,
        /// The next pending schedule that the viewer may read.
        pub next_due_at: Option<DateTime<Utc>>,
    }
}

/// A page of contacts in order of name.
pub fn page(conn: &mut PgConnection, viewer: UserId, filter: &Filter) -> Result<PageOf<Row, NameCursor>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.clone().or(filter.after.clone());
    let archived = if filter.archived { "NOT NULL" } else { "NULL" };
    let order = if is_backwards { "DESC" } else { "ASC" };
    // SQL text: the page is cut first, then its rows are completed.
    let head = format!(
        "SELECT page.*, ch.name AS channel_name, p.name AS person_name, t.id AS open_ticket,
                (SELECT s.due_at FROM schedules s
                  WHERE s.contact_id = page.id AND s.status = 'scheduled'
                    AND s.due_at > now() - interval '1 hour' AND {}
                  ORDER BY s.due_at, s.id LIMIT 1) AS next_due_at
           FROM (SELECT c.id, c.name, c.sort_name, c.phone, c.email, c.channel_id, c.person_id
                   FROM contacts c WHERE c.archived_at IS {archived}",
        schedules::is_readable("$1")
    );
    let query = db::prepared(head).replanned_if(filter.search.is_some()).bind(viewer);
    let (mut query, bound) = filter.restrict(query, 1);
    if let Some(cursor) = &start {
        let sign = if is_backwards { '<' } else { '>' };
        query = query
            .sql(format!(" AND (c.sort_name, c.id) {sign} (${}, ${})", bound + 1, bound + 2))
            .bind(cursor.name.clone())
            .bind(cursor.id);
    }
    let rows: Vec<Row> = query
        .sql(format!(
            " ORDER BY c.sort_name {order}, c.id {order} LIMIT {}) page
           JOIN channels ch ON ch.id = page.channel_id
           LEFT JOIN people p ON p.id = page.person_id
           LEFT JOIN tickets t ON t.contact_id = page.id AND t.status = 'open'
          ORDER BY page.sort_name {order}, page.id {order}",
            ROWS_PER_PAGE + 1
        ))
        .load(conn)?;
    let cursor = |row: &Row| NameCursor { name: row.sort_name.clone(), id: row.id.0 };
    Ok(PageOf::cut(rows, ROWS_PER_PAGE, (start, is_backwards), cursor))
}
