//! The options of the filters' selects.

use std::sync::Arc;

use diesel::pg::PgConnection;

use crate::db::{self, Search};
use crate::error::Result;
use crate::ids::UserId;
use crate::schedules::queries::Choice;
use crate::users::{CHOICE_LABEL, INACTIVE_LABEL};

/// Departments and users, including deactivated ones, which still have schedules.
#[derive(Clone, Debug)]
pub struct FilterOptions {
    pub departments: Arc<[Choice]>,
    /// The first users, and the chosen ones.
    pub users: Arc<[Choice]>,
    /// Whether there are more users than these, which are found by searching.
    pub has_more_users: bool,
}

/// Maximum users that a select holds. If there are more, they are searched on the server.
const MAX_USERS: i64 = 100;

/// Loads the options. `users` contains the users in `chosen` in any case.
pub fn options(conn: &mut PgConnection, chosen: &[UserId]) -> Result<FilterOptions> {
    // SQL text: the second line of an option is computed.
    let departments = db::prepared(
        "SELECT id, name, CASE WHEN deactivated_at IS NULL THEN '' ELSE 'desativado' END AS sub
           FROM departments ORDER BY deactivated_at IS NOT NULL, position, plain(name) COLLATE \"C\", id",
    )
    .load::<Choice>(conn)?;
    let users = users(conn, "", chosen)?;
    let has_more_users = users.len() as i64 > MAX_USERS;
    Ok(FilterOptions { departments: departments.into(), users: users.into(), has_more_users })
}

/// Users whose name or e-mail address contains the typed text (one more than a select holds), and those in
/// `chosen`.
pub fn users(conn: &mut PgConnection, typed: &str, chosen: &[UserId]) -> Result<Vec<Choice>> {
    let search = Search::parse(typed);
    let patterns: Vec<String> = search.map(|search| search.all().to_vec()).unwrap_or_default();
    // SQL text: the labels are shared as text.
    Ok(db::prepared(format!(
        "SELECT u.id, {CHOICE_LABEL} AS name, {INACTIVE_LABEL} AS sub
           FROM users u WHERE u.id = ANY ($2) OR u.id IN (
            SELECT id FROM users WHERE search LIKE ALL (SELECT searchable(p) FROM unnest($1) AS p)
             ORDER BY deactivated_at IS NOT NULL, sort_name, id LIMIT {})
          ORDER BY u.deactivated_at IS NOT NULL, u.sort_name, u.id",
        MAX_USERS + 1
    ))
    .bind(patterns)
    .bind(chosen)
    .load(conn)?)
}
