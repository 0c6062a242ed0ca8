//! The filtered list of contacts, for the CSV file.

use diesel::pg::PgConnection;

use super::Filter;
use crate::db::{self, NameCursor};
use crate::error::Result;

/// Rows per statement.
const ROWS_PER_STATEMENT: i64 = 500;

db::row! {
    /// One line of the file.
    #[derive(Debug)]
    pub struct ExportRow {
        pub id: i64,
        pub sort_name: String,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub person: String,
        /// Empty if the department is deactivated, because a new contact could not have it.
        pub department: String,
        /// The attendant's e-mail address: unlike a name, it is unique.
        pub attendant: String,
        pub channel: String,
        /// The contact's address on its channel. On the web chat it is a random id.
        pub code: String,
        /// Each identity as "connection: value", without the ids of web chats.
        pub identities: Vec<String>,
    }
}

/// The next filtered contacts in order of name, after `last`. Anonymised contacts are left out.
pub fn rows_after(
    conn: &mut PgConnection,
    filter: &Filter,
    last: Option<&NameCursor>,
) -> Result<Vec<ExportRow>> {
    let archived = if filter.archived { "NOT NULL" } else { "NULL" };
    // SQL text: the rows are cut first, then completed.
    let head = format!(
        "SELECT page.id, page.sort_name, page.name, page.phone, page.email, coalesce(p.name, '') AS person,
                coalesce(d.name, '') AS department, coalesce(u.email, '') AS attendant, ch.name AS channel,
                coalesce((SELECT i.value FROM contact_identities i
                           WHERE i.contact_id = page.id AND i.channel_id = ch.id AND i.kind = identity_kind(ch.kind)
                           ORDER BY i.id LIMIT 1), '') AS code,
                ARRAY(SELECT known.name || ': ' || i.value
                        FROM contact_identities i JOIN channels known ON known.id = i.channel_id
                       WHERE i.contact_id = page.id AND i.kind <> 'chat' ORDER BY i.id) AS identities
           FROM (SELECT c.* FROM contacts c WHERE c.archived_at IS {archived} AND c.anonymised_at IS NULL"
    );
    let query = db::prepared(head).replanned_if(filter.search.is_some());
    let (mut query, bound) = filter.restrict(query, 0);
    if let Some(last) = last {
        query = query
            .sql(format!(" AND (c.sort_name, c.id) > (${}, ${})", bound + 1, bound + 2))
            .bind(last.name.clone())
            .bind(last.id);
    }
    Ok(query
        .sql(format!(
            " ORDER BY c.sort_name, c.id LIMIT {ROWS_PER_STATEMENT}) page
           JOIN channels ch ON ch.id = page.channel_id
           LEFT JOIN people p ON p.id = page.person_id
           LEFT JOIN departments d ON d.id = page.default_department_id AND d.deactivated_at IS NULL
           LEFT JOIN (department_members m JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL)
             ON m.department_id = d.id AND m.user_id = page.default_attendant_id
          ORDER BY page.sort_name, page.id"
        ))
        .load(conn)?)
}
