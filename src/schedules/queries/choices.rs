//! The options of the form's selects, and the proposal for a contact. Most of it is SQL text: labels are
//! computed, conditions of searches are shared as text, and laterals choose one row of several.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db::{self, Search};
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId, PersonId, ScheduleId, TicketId, UserId};
use crate::schema::departments;
use crate::users::CHOICE_LABEL;

db::row! {
    /// One option of a select: its value, its text, and a second line.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Choice {
        pub id: i64,
        pub name: String,
        pub sub: String,
    }
}

/// Maximum contacts or people that a select offers at once. Others are found by typing.
const MAX_OFFERED: i64 = 50;

/// A contact as an option.
const CONTACT: &str = "SELECT c.id, c.name,
        CASE WHEN c.archived_at IS NOT NULL THEN 'Arquivado'
             WHEN ch.deactivated_at IS NOT NULL AND NOT EXISTS (
                  SELECT FROM contact_identities i JOIN channels o ON o.id = i.channel_id
                   WHERE i.contact_id = c.id AND i.kind = identity_kind(o.kind) AND o.deactivated_at IS NULL)
                 THEN 'Sem conexão ativa'
             ELSE coalesce(nullif(c.phone, ''), nullif(c.email, ''), ch.name) END AS sub
   FROM contacts c JOIN channels ch ON ch.id = c.channel_id";

/// Contacts by name. `person` keeps only that person's contacts. `search` keeps those whose name, number or
/// e-mail address contains every word.
pub fn contacts(
    conn: &mut PgConnection,
    person: Option<PersonId>,
    search: Option<&Search>,
) -> Result<Vec<Choice>> {
    let is_hers = if person.is_some() { "c.person_id = $1" } else { "true" };
    let matches = search.map_or("true".into(), |search| search.condition("c.search", "$2"));
    let query = format!(
        "{CONTACT} WHERE c.archived_at IS NULL AND {is_hers} AND {matches}
          ORDER BY c.sort_name, c.id LIMIT {MAX_OFFERED}"
    );
    Ok(db::prepared(query)
        .replanned_if(search.is_some())
        .bind(person)
        .bind(search.map(Search::all).unwrap_or_default())
        .load(conn)?)
}

/// One contact as an option, archived or not. Needed if the first options do not include it.
pub fn contact_choice(conn: &mut PgConnection, contact: ContactId) -> Result<Option<Choice>> {
    let query = db::prepared(format!("{CONTACT} WHERE c.id = $1")).bind(contact);
    Ok(query.get_result(conn).optional()?)
}

/// A person as an option.
const PERSON: &str = "SELECT p.id, p.name,
        CASE WHEN p.archived_at IS NOT NULL THEN 'Arquivada'
             WHEN n.count = 1 THEN '1 contato' ELSE n.count || ' contatos' END AS sub
   FROM people p
   CROSS JOIN LATERAL (SELECT count(*) FROM contacts c WHERE c.person_id = p.id AND c.archived_at IS NULL) n";

/// People by name. `search` keeps those whose name contains every word.
pub fn people(conn: &mut PgConnection, search: Option<&Search>) -> Result<Vec<Choice>> {
    let matches = search.map_or("true".into(), |search| search.condition("p.search", "$1"));
    let query = format!(
        "{PERSON} WHERE p.archived_at IS NULL AND {matches} ORDER BY p.sort_name, p.id LIMIT {MAX_OFFERED}"
    );
    Ok(db::prepared(query)
        .replanned_if(search.is_some())
        .bind(search.map(Search::all).unwrap_or_default())
        .load(conn)?)
}

/// One person as an option, archived or not.
pub fn person_choice(conn: &mut PgConnection, person: PersonId) -> Result<Option<Choice>> {
    let query = db::prepared(format!("{PERSON} WHERE p.id = $1")).bind(person);
    Ok(query.get_result(conn).optional()?)
}

/// Active departments, in the company's order.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Choice>> {
    Ok(db::prepared(
        "SELECT id, name, '' AS sub FROM departments WHERE deactivated_at IS NULL ORDER BY position, lower(name)",
    )
    .load(conn)?)
}

/// A deactivated department as an option.
pub fn inactive_department(conn: &mut PgConnection, department: DepartmentId) -> Result<Option<Choice>> {
    let name =
        departments::table.find(department).select(departments::name).first::<String>(conn).optional()?;
    Ok(name.map(|name| Choice { id: department.0, name: format!("{name} (desativado)"), sub: String::new() }))
}

/// Active members of a department, and the attendant that the schedule `edited` already has there, even if
/// inactive or no longer a member.
pub fn attendants(
    conn: &mut PgConnection,
    department: DepartmentId,
    edited: Option<ScheduleId>,
) -> Result<Vec<Choice>> {
    Ok(db::prepared(format!(
        "SELECT id, name, '' AS sub FROM (
         SELECT u.id, {CHOICE_LABEL} AS name, u.sort_name FROM users u JOIN department_members m ON m.user_id = u.id
          WHERE m.department_id = $1 AND u.deactivated_at IS NULL
         UNION ALL
         SELECT u.id, {CHOICE_LABEL}
                      || CASE WHEN u.deactivated_at IS NULL THEN ' (saiu do departamento)' ELSE ' (desativado)' END,
                u.sort_name
           FROM schedules s JOIN users u ON u.id = s.attendant_id
          WHERE s.id = $2 AND s.department_id = $1
            AND (u.deactivated_at IS NOT NULL
                 OR NOT EXISTS (SELECT FROM department_members m WHERE m.department_id = $1 AND m.user_id = u.id))
         ) AS known ORDER BY sort_name, id",
    ))
    .bind(department)
    .bind(edited)
    .load(conn)?)
}

db::row! {
    /// The form's proposal for a contact.
    #[derive(Clone, Copy, Debug)]
    pub struct Proposal {
        pub contact: ContactId,
        pub person: Option<PersonId>,
        pub department: Option<DepartmentId>,
        pub attendant: Option<UserId>,
    }
}

/// The contact's person, department and attendant. Department and attendant come from the ticket that the
/// form was opened from, else from the contact's record, else from its last ticket. `None` for an archived
/// contact.
pub fn proposal(
    conn: &mut PgConnection,
    contact: ContactId,
    ticket: Option<TicketId>,
) -> Result<Option<Proposal>> {
    Ok(db::prepared(
        "SELECT c.id AS contact, p.id AS person, place.department, a.id AS attendant
           FROM contacts c
           LEFT JOIN people p ON p.id = c.person_id AND p.archived_at IS NULL
           LEFT JOIN LATERAL (
               SELECT d.id AS department, known.attendant_id
                 FROM (SELECT 1 AS rank, t.department_id, t.attendant_id
                         FROM tickets t WHERE t.id = $2 AND t.contact_id = c.id
                       UNION ALL SELECT 2, c.default_department_id, c.default_attendant_id
                       UNION ALL (SELECT 3, t.department_id, t.attendant_id
                                    FROM tickets t WHERE t.contact_id = c.id ORDER BY t.id DESC LIMIT 1)) known
                 JOIN departments d ON d.id = known.department_id AND d.deactivated_at IS NULL
                ORDER BY known.rank LIMIT 1) place ON true
           LEFT JOIN (users a JOIN department_members m ON m.user_id = a.id)
                ON a.id = place.attendant_id AND m.department_id = place.department AND a.deactivated_at IS NULL
          WHERE c.id = $1 AND c.archived_at IS NULL",
    )
    .bind(contact)
    .bind(ticket)
    .get_result(conn)
    .optional()?)
}
