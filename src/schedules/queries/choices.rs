//! What the selects of the form offer, and what is known of what was chosen.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};

use crate::clock::Zone;
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId, PersonId, TicketId, UserId};
use crate::schedules::draft::{ChosenIds, Facts};
use crate::schedules::form::Typed;

/// One option of a select: its value, its text, and a second line.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Choice {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub sub: String,
}

/// How many contacts or people a select offers at once; the rest is found by typing.
const OFFERED: i64 = 50;

/// Contacts that can be reached, by name; of that person, if one is given; whose name, telephone or
/// e-mail address contains `search`.
///
/// # Errors
/// The database is unreachable.
pub fn contacts(conn: &mut PgConnection, person: Option<PersonId>, search: &str) -> Result<Vec<Choice>> {
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    Ok(diesel::sql_query(
        "SELECT c.id, c.name, coalesce(nullif(c.phone, ''), nullif(c.email, ''), ch.name) AS sub
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.archived_at IS NULL AND ch.deactivated_at IS NULL
            AND ($1::bigint IS NULL OR c.person_id = $1)
            AND ($2 = '' OR strpos(lower(c.name), lower($2)) > 0 OR strpos(c.email, lower($2)) > 0
                 OR ($3 <> '' AND strpos(c.phone, $3) > 0))
          ORDER BY lower(c.name), c.id LIMIT $4",
    )
    .bind::<Nullable<BigInt>, _>(person)
    .bind::<Text, _>(search.trim())
    .bind::<Text, _>(digits)
    .bind::<BigInt, _>(OFFERED)
    .load(conn)?)
}

/// One contact as an option, also when the first ones offered do not hold it.
///
/// # Errors
/// The database is unreachable.
pub fn contact_choice(conn: &mut PgConnection, contact: ContactId) -> Result<Option<Choice>> {
    Ok(diesel::sql_query(
        "SELECT c.id, c.name, coalesce(nullif(c.phone, ''), nullif(c.email, ''), ch.name) AS sub
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.id = $1 AND c.archived_at IS NULL AND ch.deactivated_at IS NULL",
    )
    .bind::<BigInt, _>(contact)
    .get_result(conn)
    .optional()?)
}

/// # Errors
/// The database is unreachable.
pub fn people(conn: &mut PgConnection, search: &str, chosen: Option<PersonId>) -> Result<Vec<Choice>> {
    Ok(diesel::sql_query(
        "SELECT p.id, p.name, CASE n.count WHEN 1 THEN '1 contato' ELSE n.count || ' contatos' END AS sub
           FROM people p
           CROSS JOIN LATERAL (SELECT count(*) FROM contacts c
                                WHERE c.person_id = p.id AND c.archived_at IS NULL) n
          WHERE p.archived_at IS NULL AND (p.id = $3 OR $1 = '' OR strpos(lower(p.name), lower($1)) > 0)
          ORDER BY (p.id = $3) DESC NULLS LAST, lower(p.name), p.id LIMIT $2",
    )
    .bind::<Text, _>(search.trim())
    .bind::<BigInt, _>(OFFERED)
    .bind::<Nullable<BigInt>, _>(chosen)
    .load(conn)?)
}

/// Active departments, in the company's order.
///
/// # Errors
/// The database is unreachable.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Choice>> {
    Ok(diesel::sql_query(
        "SELECT id, name, '' AS sub FROM departments WHERE deactivated_at IS NULL ORDER BY position, lower(name)",
    )
    .load(conn)?)
}

/// Active members of a department.
///
/// # Errors
/// The database is unreachable.
pub fn attendants(conn: &mut PgConnection, department: DepartmentId) -> Result<Vec<Choice>> {
    Ok(diesel::sql_query(
        "SELECT u.id, u.name, '' AS sub FROM users u JOIN department_members m ON m.user_id = u.id
          WHERE m.department_id = $1 AND u.deactivated_at IS NULL ORDER BY lower(u.name), u.id",
    )
    .bind::<BigInt, _>(department)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct PrefillRow {
    #[diesel(sql_type = BigInt)]
    contact: ContactId,
    #[diesel(sql_type = Nullable<BigInt>)]
    person: Option<PersonId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    department: Option<DepartmentId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    attendant: Option<UserId>,
}

/// A blank form, or one that begins with a contact: its person, and who served it last.
///
/// # Errors
/// The database is unreachable.
pub fn prefilled(
    conn: &mut PgConnection,
    contact: Option<ContactId>,
    ticket: Option<TicketId>,
) -> Result<Typed> {
    let row: Option<PrefillRow> = diesel::sql_query(
        "SELECT c.id AS contact, c.person_id AS person, d.id AS department, a.id AS attendant
           FROM contacts c
           LEFT JOIN LATERAL (SELECT department_id, attendant_id FROM tickets t
                               WHERE t.contact_id = c.id AND ($2::bigint IS NULL OR t.id = $2)
                               ORDER BY t.id DESC LIMIT 1) t ON true
           LEFT JOIN departments d ON d.id = t.department_id AND d.deactivated_at IS NULL
           LEFT JOIN (users a JOIN department_members m ON m.user_id = a.id)
                ON a.id = t.attendant_id AND m.department_id = d.id AND a.deactivated_at IS NULL
          WHERE c.id = $1 AND c.archived_at IS NULL",
    )
    .bind::<Nullable<BigInt>, _>(contact)
    .bind::<Nullable<BigInt>, _>(ticket)
    .get_result(conn)
    .optional()?;
    let Some(row) = row else { return Ok(Typed::blank()) };
    let text = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    Ok(Typed {
        contact_id: row.contact.to_string(),
        person_id: text(row.person.map(|id| id.0)),
        department_id: text(row.department.map(|id| id.0)),
        attendant_id: text(row.attendant.map(|id| id.0)),
        ticket_id: text(ticket.map(|id| id.0)),
        ..Typed::blank()
    })
}

#[derive(QueryableByName)]
struct FactsRow {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    contact: Option<ContactId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    contact_person: Option<PersonId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    person: Option<PersonId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    department: Option<DepartmentId>,
    #[diesel(sql_type = Bool)]
    is_attendant: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    ticket: Option<TicketId>,
}

/// What is known of the records that a form names, and the time.
///
/// # Errors
/// The database is unreachable.
pub fn facts(conn: &mut PgConnection, chosen: ChosenIds) -> Result<Facts> {
    let row: FactsRow = diesel::sql_query(
        "SELECT clock_timestamp() AS now, s.time_zone, c.id AS contact, c.person_id AS contact_person,
                (SELECT id FROM people WHERE id = $2 AND archived_at IS NULL) AS person,
                (SELECT id FROM departments WHERE id = $3 AND deactivated_at IS NULL) AS department,
                EXISTS (SELECT FROM department_members m JOIN users u ON u.id = m.user_id
                         WHERE m.department_id = $3 AND m.user_id = $4 AND u.deactivated_at IS NULL) AS is_attendant,
                (SELECT id FROM tickets WHERE id = $5 AND contact_id = $1) AS ticket
           FROM settings s
           LEFT JOIN (contacts c JOIN channels ch ON ch.id = c.channel_id AND ch.deactivated_at IS NULL)
                ON c.id = $1 AND c.archived_at IS NULL",
    )
    .bind::<Nullable<BigInt>, _>(chosen.contact)
    .bind::<Nullable<BigInt>, _>(chosen.person)
    .bind::<Nullable<BigInt>, _>(chosen.department)
    .bind::<Nullable<BigInt>, _>(chosen.attendant)
    .bind::<Nullable<BigInt>, _>(chosen.ticket)
    .get_result(conn)?;
    Ok(Facts {
        now: row.now,
        zone: Zone::named(&row.time_zone),
        contact: row.contact.map(|contact| (contact, row.contact_person)),
        person: row.person,
        department: row.department,
        attendant: chosen.attendant.filter(|_: &UserId| row.is_attendant),
        ticket: row.ticket,
        files: Vec::new(),
    })
}
