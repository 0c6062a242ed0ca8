//! SQL of the audit: adding an entry, the entries about one record, and the entries of the audit page.
//!
//! The page's text is SQL because each filter needs the plan of its own index; the entries about one record share
//! their columns with the history of a user, which joins more tables.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde_json::Value;

use super::{Action, Entry, Group};
use crate::db::{self, Cursor, PageOf, Search};
use crate::error::Result;
use crate::ids::UserId;
use crate::refusal::LastChange;
use crate::schema::audit;
use crate::users::CHOICE_LABEL;

/// Adds an entry. Call it in the same transaction as the change that it records.
pub fn record(conn: &mut PgConnection, entry: &Entry) -> Result<()> {
    diesel::insert_into(audit::table)
        .values((
            audit::action.eq(entry.action.as_str()),
            audit::actor_id.eq(entry.actor.map(|actor| actor.0)),
            audit::subject_id.eq(entry.subject),
            audit::details.eq(&entry.details),
            audit::ip.eq(&entry.ip),
        ))
        .execute(conn)?;
    Ok(())
}

db::row! {
    /// What was done, and by whom. No actor means the platform itself.
    #[derive(Clone, Debug)]
    pub struct Change {
        pub at: DateTime<Utc>,
        pub action: String,
        pub actor: Option<String>,
        pub details: Value,
        /// The department, where a user's history shows that they joined or left one.
        pub department: Option<String>,
    }
}

impl From<Change> for LastChange {
    fn from(change: Change) -> Self {
        Self { at: change.at, actor: change.actor }
    }
}

const SELECT: &str = "SELECT a.at, a.action, u.name AS actor, a.details, NULL AS department
   FROM audit a LEFT JOIN users u ON u.id = a.actor_id";

/// The newest entry with this action.
pub fn newest_of(conn: &mut PgConnection, action: Action) -> Result<Option<Change>> {
    Ok(db::prepared(format!("{SELECT} WHERE a.action = $1 ORDER BY a.at DESC, a.id DESC LIMIT 1"))
        .bind(action)
        .get_result(conn)
        .optional()?)
}

/// The newest `limit` entries about `subject` that have one of these actions, newest first.
pub fn newest_about(
    conn: &mut PgConnection,
    actions: &[Action],
    subject: i64,
    limit: i64,
) -> Result<Vec<Change>> {
    Ok(db::prepared(format!(
        "{SELECT} WHERE a.action = ANY($1) AND a.subject_id = $2 ORDER BY a.id DESC LIMIT $3"
    ))
    .bind(actions.to_vec())
    .bind(subject)
    .bind(limit)
    .load(conn)?)
}

/// Maximum rows per page.
const PAGE: usize = 50;

/// Filters by who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// Entries without a signed-in user: the platform's and customers'.
    Nobody,
}

impl FromStr for Actor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::Nobody),
            id => id.parse().map(Self::User).map_err(drop),
        }
    }
}

/// The page's filter and cursor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub actor: Option<Actor>,
    pub group: Option<Group>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
}

db::row! {
    /// One entry of the audit.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: i64,
        pub at: DateTime<Utc>,
        pub action: String,
        pub actor: Option<String>,
        pub subject_id: Option<i64>,
        pub subject: Option<String>,
        pub details: Value,
        pub ip: String,
    }
}

/// A page of the audit, newest first.
pub fn page(conn: &mut PgConnection, filter: Filter) -> Result<PageOf<Row>> {
    let is_backwards = filter.before.is_some();
    let start = filter.before.or(filter.after);
    let rows = rows(conn, filter, PAGE + 1)?;
    Ok(PageOf::cut(rows, PAGE, (start, is_backwards), |row| Cursor { at: row.at, id: row.id }))
}

/// The rows after the cursor.
pub fn rows(conn: &mut PgConnection, filter: Filter, limit: usize) -> Result<Vec<Row>> {
    let order = order(&filter);
    let found = found(&filter, limit);
    let start = filter.before.or(filter.after);
    let Cursor { at, id } = start.unwrap_or(Cursor { at: DateTime::UNIX_EPOCH, id: 0 });
    let query = db::prepared(format!(
        "WITH found AS ({found})
         SELECT a.id, a.at, a.action, actor.name AS actor, a.subject_id,
                coalesce(subject_user.name, subject_role.name, subject_department.name, subject_channel.name, subject_contact.name,
                         subject_person.name,
                         'nº ' || subject_ticket.protocol) AS subject,
                a.details, a.ip
           FROM found a
           LEFT JOIN users actor ON actor.id = a.actor_id
           LEFT JOIN users subject_user
                ON (a.action LIKE 'user.%' OR a.action IN ('session.refused', 'session.throttled')) AND subject_user.id = a.subject_id
           LEFT JOIN roles subject_role ON a.action LIKE 'role.%' AND subject_role.id = a.subject_id
           LEFT JOIN departments subject_department
                ON a.action LIKE 'department.%' AND subject_department.id = a.subject_id
           LEFT JOIN channels subject_channel ON a.action LIKE 'channel.%' AND subject_channel.id = a.subject_id
           LEFT JOIN contacts subject_contact ON a.action LIKE 'contact.%' AND subject_contact.id = a.subject_id
           LEFT JOIN people subject_person ON a.action LIKE 'person.%' AND subject_person.id = a.subject_id
           LEFT JOIN tickets subject_ticket ON a.action LIKE 'ticket.%' AND subject_ticket.id = a.subject_id
          ORDER BY {order}"
    ));
    let actions: Vec<Action> = match filter.group {
        Some(group) => group.actions(),
        None => Action::ALL.to_vec(),
    };
    let actor = match filter.actor {
        Some(Actor::User(id)) => Some(id),
        _ => None,
    };
    Ok(query
        .replanned_if(filter.from.is_some() || filter.until.is_some())
        .bind(filter.from)
        .bind(filter.until)
        .bind(at)
        .bind(id)
        .bind(actions)
        .bind(actor)
        .load(conn)?)
}

fn order(filter: &Filter) -> &'static str {
    if filter.before.is_some() { "a.at, a.id" } else { "a.at DESC, a.id DESC" }
}

/// The SQL that finds the rows. Its parameters are bound in `rows`.
///
/// With a filter by group or actor, it reads the newest rows of each action through that action's index and
/// merges them: no index yields the rows of several actions in order of time.
fn found(filter: &Filter, limit: usize) -> String {
    let order = order(filter);
    let sign = if filter.before.is_some() { '>' } else { '<' };
    let mut wanted = String::from("a.at >= coalesce($1, '-infinity') AND a.at < coalesce($2, 'infinity')");
    if filter.before.or(filter.after).is_some() {
        wanted += &format!(" AND (a.at, a.id) {sign} ($3, $4)");
    }
    wanted += match filter.actor {
        None => "",
        Some(Actor::User(_)) => " AND a.actor_id = $6",
        Some(Actor::Nobody) => " AND a.actor_id IS NULL",
    };
    match filter.group.is_some() || filter.actor.is_some() {
        false => format!("SELECT a.* FROM audit a WHERE {wanted} ORDER BY {order} LIMIT {limit}"),
        true => format!(
            "SELECT a.* FROM unnest($5) AS wanted (action)
              CROSS JOIN LATERAL (SELECT * FROM audit a WHERE a.action = wanted.action AND {wanted}
                                   ORDER BY {order} LIMIT {limit}) a
              ORDER BY {order} LIMIT {limit}"
        ),
    }
}

db::row! {
    /// A user in the filter's list.
    #[derive(Clone, Debug)]
    pub struct UserChoice {
        pub id: UserId,
        pub name: String,
    }
}

/// Users whose name or e-mail address contains the search words, at most 50, plus the user `chosen`.
pub fn users(conn: &mut PgConnection, typed: &str, chosen: Option<UserId>) -> Result<Vec<UserChoice>> {
    let search = Search::parse(typed);
    let patterns: Vec<String> = search.map(|search| search.all().to_vec()).unwrap_or_default();
    Ok(db::prepared(format!(
        "SELECT u.id, {CHOICE_LABEL} AS name FROM users u WHERE u.id = $2 OR u.id IN (
            SELECT id FROM users WHERE search LIKE ALL (SELECT searchable(p) FROM unnest($1) AS p)
             ORDER BY sort_name, id LIMIT 50)
          ORDER BY u.sort_name, u.id",
    ))
    .bind(patterns)
    .bind(chosen)
    .load(conn)?)
}
