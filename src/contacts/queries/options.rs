//! The options of the forms' selects, and the records that a submitted form refers to.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::ChannelKind;
use crate::contacts::form::{ChosenIds, ReferencedRecords};
use crate::db::{self, Search, lower};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId};
use crate::schema::{channels, departments};
use crate::users::CHOICE_LABEL;

/// Maximum records that a select offers without typing. The rest is found by search.
const MAX_OPTIONS: i64 = 50;

/// The kinds of channels on which a user can create a contact.
pub const CREATED_BY_USERS: [ChannelKind; 3] =
    [ChannelKind::WebChat, ChannelKind::Email, ChannelKind::Whatsapp];

db::row! {
    /// One option of a select: its value, its text, and a second line.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Choice {
        pub id: i64,
        pub name: String,
        pub sub: String,
    }
}

impl Choice {
    fn new((id, name): (i64, String)) -> Self {
        Self { id, name, sub: String::new() }
    }
}

/// Contacts in order of name, each with its person. Only those that match `search`, if there is one.
pub fn contact_options(conn: &mut PgConnection, search: Option<&Search>) -> Result<Vec<Choice>> {
    let (matches, words) = matching(search, "c.search");
    // SQL text, here and in the next function: a search has its own condition and plan.
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, concat_ws(' · ', coalesce(nullif(c.phone, ''), nullif(c.email, ''), ch.name),
                'hoje em ' || p.name) AS sub
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id LEFT JOIN people p ON p.id = c.person_id
          WHERE c.archived_at IS NULL AND {matches}
          ORDER BY c.sort_name, c.id LIMIT {MAX_OPTIONS}"
    ))
    .replanned_if(search.is_some())
    .bind(words)
    .load(conn)?)
}

/// People who match `search`, in order of name. `chosen` comes first and need not match.
pub fn person_options(
    conn: &mut PgConnection,
    search: Option<&Search>,
    chosen: Option<PersonId>,
) -> Result<Vec<Choice>> {
    let (matches, words) = matching(search, "search");
    Ok(db::prepared(format!(
        "SELECT p.id, p.name, CASE n.count WHEN 1 THEN '1 contato' ELSE n.count || ' contatos' END AS sub
           FROM (SELECT id, name, '' AS place, 0 AS rank FROM people WHERE id = $2 AND archived_at IS NULL
                 UNION ALL
                 (SELECT id, name, sort_name, 1 FROM people
                   WHERE archived_at IS NULL AND {matches} AND id IS DISTINCT FROM $2
                   ORDER BY sort_name, id LIMIT {MAX_OPTIONS})) p
           CROSS JOIN LATERAL (SELECT count(*) FROM contacts c
                                WHERE c.person_id = p.id AND c.archived_at IS NULL) n
          ORDER BY p.rank, p.place, p.id"
    ))
    .replanned_if(search.is_some())
    .bind(words)
    .bind(chosen)
    .load(conn)?)
}

/// The search condition on `column`, and its words. The words are the first parameter of the query.
fn matching(search: Option<&Search>, column: &str) -> (String, Vec<String>) {
    match search {
        Some(search) => (search.condition(column, "$1"), search.all().to_vec()),
        None => ("$1::text[] IS NOT NULL".into(), Vec::new()),
    }
}

/// The channels on which a user can create a contact, and `chosen`.
pub fn channels(conn: &mut PgConnection, chosen: Option<ChannelId>) -> Result<Vec<Choice>> {
    let is_offered = channels::deactivated_at.is_null().and(channels::kind.eq_any(CREATED_BY_USERS));
    let is_web_chat = channels::kind.eq(ChannelKind::WebChat);
    let rows = channels::table
        .filter(is_offered.nullable().or(channels::id.nullable().eq(chosen)))
        .order((is_web_chat.desc(), lower(channels::name), channels::id))
        .select((channels::id, channels::name))
        .load(conn)?;
    Ok(rows.into_iter().map(Choice::new).collect())
}

/// Active departments, in the company's order.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Choice>> {
    let rows = departments::table
        .filter(departments::deactivated_at.is_null())
        .order((departments::position, lower(departments::name)))
        .select((departments::id, departments::name))
        .load(conn)?;
    Ok(rows.into_iter().map(Choice::new).collect())
}

/// Active members of a department.
pub fn attendants(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Choice>> {
    // SQL text: `CHOICE_LABEL` is SQL text.
    Ok(db::prepared(format!(
        "SELECT u.id, {CHOICE_LABEL} AS name, '' AS sub
           FROM users u JOIN department_members m ON m.user_id = u.id
          WHERE m.department_id = $1 AND u.deactivated_at IS NULL ORDER BY u.sort_name, u.id",
    ))
    .bind(department)
    .load(conn)?)
}

db::row! {
    struct ReferencedRow {
        channel: Option<ChannelId>,
        kind: Option<ChannelKind>,
        current_channel: Option<ChannelId>,
        person: Option<PersonId>,
        department: Option<DepartmentId>,
        is_attendant: bool,
    }
}

/// Looks up the records that the form names. `contact` is `None` for a new contact.
pub fn referenced_records(
    conn: &mut PgConnection,
    contact: Option<ContactId>,
    chosen: ChosenIds,
) -> Result<ReferencedRecords> {
    // SQL text: looks up five records in one statement.
    let row: ReferencedRow = db::prepared(
        "SELECT ch.id AS channel, ch.kind, c.channel_id AS current_channel,
                (SELECT id FROM people WHERE id = $3 AND archived_at IS NULL) AS person,
                (SELECT id FROM departments WHERE id = $4 AND deactivated_at IS NULL) AS department,
                EXISTS (SELECT FROM department_members m JOIN users u ON u.id = m.user_id
                         WHERE m.department_id = $4 AND m.user_id = $5 AND u.deactivated_at IS NULL) AS is_attendant
           FROM (SELECT 1) one
           LEFT JOIN contacts c ON c.id = $1
           LEFT JOIN channels ch ON ch.id = $2 AND (ch.deactivated_at IS NULL OR ch.id = c.channel_id)",
    )
    .bind(contact)
    .bind(chosen.channel)
    .bind(chosen.person)
    .bind(chosen.department)
    .bind(chosen.attendant)
    .get_result(conn)?;
    Ok(ReferencedRecords {
        channel: row.channel.zip(row.kind),
        current_channel: row.current_channel,
        person: row.person,
        department: row.department,
        attendant: chosen.attendant.filter(|_| row.is_attendant),
    })
}
