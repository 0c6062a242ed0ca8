//! The list of users.

use diesel::pg::PgConnection;

use super::Standing;
use super::user::STANDING;
use crate::db::{self, NameCursor, PageOf, Search};
use crate::error::Result;
use crate::ids::{DepartmentId, RoleId, UserId};

/// The list's filter and cursor.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<Search>,
    pub role: Option<RoleId>,
    pub department: Option<DepartmentId>,
    pub standing: Option<Standing>,
    pub after: Option<NameCursor>,
    pub before: Option<NameCursor>,
}

db::row! {
    /// One row of the list.
    #[derive(Debug)]
    pub struct Row {
        pub id: UserId,
        pub name: String,
        pub sort_name: String,
        pub email: String,
        pub role_name: String,
        pub departments: String,
        pub standing: Standing,
        /// Whether the user's link has expired.
        pub is_expired: bool,
    }
}

/// Maximum rows per page.
const PAGE: usize = 25;

/// A page of users, ordered by name.
pub fn page(conn: &mut PgConnection, filter: Filter) -> Result<PageOf<Row, NameCursor>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.or(filter.after);
    // As SQL text: a page of a filtered list, whose plan depends on the filter.
    let mut query = db::prepared(format!(
        "SELECT u.id, u.name, u.sort_name, u.email, r.name AS role_name, {STANDING} AS standing,
                coalesce(l.expires_at <= now(), false) AS is_expired,
                coalesce((SELECT string_agg(d.name, ', ' ORDER BY d.position, d.id)
                   FROM department_members m JOIN departments d ON d.id = m.department_id
                  WHERE m.user_id = u.id AND d.deactivated_at IS NULL), '') AS departments
           FROM users u JOIN roles r ON r.id = u.role_id LEFT JOIN access_links l ON l.user_id = u.id
          WHERE true"
    ))
    .replanned_if(filter.search.is_some());
    let mut bound = 0;
    let mut next = || {
        bound += 1;
        bound
    };
    if let Some(search) = &filter.search {
        let (one, all) = (next(), next());
        query = query
            .sql(format!(
                " AND u.search LIKE searchable(${one})
               AND u.search LIKE ALL (SELECT searchable(p) FROM unnest(${all}) AS p)"
            ))
            .bind(search.longest().to_owned())
            .bind(search.all().to_vec());
    }
    if let Some(role) = filter.role {
        query = query.sql(format!(" AND u.role_id = ${}", next())).bind(role);
    }
    if let Some(department) = filter.department {
        query = query
            .sql(format!(
                " AND u.id IN (SELECT user_id FROM department_members WHERE department_id = ${})",
                next()
            ))
            .bind(department);
    }
    if let Some(standing) = filter.standing {
        query = query.sql(format!(" AND {STANDING} = ${}", next())).bind(standing);
    }
    if let Some(cursor) = start.clone() {
        let sign = if is_backwards { '<' } else { '>' };
        query = query
            .sql(format!(" AND (u.sort_name, u.id) {sign} (${}, ${})", next(), next()))
            .bind(cursor.name)
            .bind(cursor.id);
    }
    let order = if is_backwards { "DESC" } else { "ASC" };
    let query = query.sql(format!(" ORDER BY u.sort_name {order}, u.id {order} LIMIT {}", PAGE + 1));
    let rows: Vec<Row> = query.load(conn)?;
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), |row| NameCursor {
        name: row.sort_name.clone(),
        id: row.id.0,
    }))
}
