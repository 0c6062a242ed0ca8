//! The list of people.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::db;
use crate::error::Result;
use crate::ids::PersonId;
use crate::web::{NameCursor, PageOf, Search};

/// Rows per page.
const PAGE: usize = 25;

/// The filters of the list, and where its page begins.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<Search>,
    pub archived: bool,
    pub after: Option<NameCursor>,
    pub before: Option<NameCursor>,
}

/// One line of the list.
#[derive(Debug, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub sort_name: String,
    #[diesel(sql_type = BigInt)]
    pub contacts: i64,
    /// The names of the first two contacts.
    #[diesel(sql_type = Array<Text>)]
    pub first: Vec<String>,
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
}

/// A page of people in order of name. A search matches the person's name or one of their contacts.
pub fn page(conn: &mut PgConnection, filter: &Filter) -> Result<PageOf<Row, NameCursor>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.clone().or(filter.after.clone());
    let archived = if filter.archived { "NOT NULL" } else { "NULL" };
    let order = if is_backwards { "DESC" } else { "ASC" };
    let mut query = db::prepared(format!(
        "SELECT page.*, (SELECT count(*) FROM contacts c WHERE c.person_id = page.id AND c.archived_at IS NULL) AS contacts,
                ARRAY(SELECT c.name FROM contacts c WHERE c.person_id = page.id AND c.archived_at IS NULL
                       ORDER BY c.sort_name, c.id LIMIT 2) AS first,
                (SELECT count(*) FROM contacts c JOIN schedules s ON s.contact_id = c.id AND s.status = 'scheduled'
                        AND s.due_at > now() - interval '1 hour'
                  WHERE c.person_id = page.id) AS pending
           FROM (SELECT p.id, p.name, p.sort_name FROM people p WHERE p.archived_at IS {archived}"
    ))
    .replanned_if(filter.search.is_some());
    let mut bound = 0;
    let mut next = || {
        bound += 1;
        bound
    };
    if let Some(search) = &filter.search {
        let words = format!("${}", next());
        query = query
            .sql(format!(
                " AND p.id IN (SELECT id FROM people o WHERE {} UNION ALL
                               SELECT person_id FROM contacts c WHERE {} AND c.person_id IS NOT NULL)",
                search.condition("o.search", &words),
                search.condition("c.search", &words)
            ))
            .bind::<Array<Text>, _>(search.all().to_vec());
    }
    if let Some(cursor) = &start {
        let sign = if is_backwards { '<' } else { '>' };
        query = query
            .sql(format!(" AND (p.sort_name, p.id) {sign} (${}, ${})", next(), next()))
            .bind::<Text, _>(cursor.name.clone())
            .bind::<BigInt, _>(cursor.id);
    }
    let rows: Vec<Row> = query
        .sql(format!(
            " ORDER BY p.sort_name {order}, p.id {order} LIMIT {}) page
             ORDER BY page.sort_name {order}, page.id {order}",
            PAGE + 1
        ))
        .load(conn)?;
    let cursor = |row: &Row| NameCursor { name: row.sort_name.clone(), id: row.id.0 };
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), cursor))
}
