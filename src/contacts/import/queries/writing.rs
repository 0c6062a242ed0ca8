//! SQL that creates and updates contacts and people from lines. It is text, because it works on arrays of
//! values. The caller runs each portion in one transaction.

use diesel::pg::PgConnection;

use super::{LockedImport, WaitingLine};
use crate::db;
use crate::error::Result;
use crate::ids::PersonId;

/// The people with these names, ignoring case and accents. Missing people are created.
pub fn people(
    conn: &mut PgConnection,
    import: &LockedImport,
    names: &[&str],
) -> Result<Vec<(String, PersonId)>> {
    db::replanned(
        "WITH missing AS (
            SELECT DISTINCT ON (plain(n)) n AS name FROM unnest($1::text[]) AS n
             WHERE NOT EXISTS (SELECT FROM people p WHERE p.archived_at IS NULL AND p.sort_name = plain(n))),
         made AS (INSERT INTO people (name) SELECT name FROM missing RETURNING id)
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'person.created', id, $2, jsonb_build_object('import_id', $3) FROM made",
    )
    .bind(names)
    .bind(import.created_by)
    .bind(import.id)
    .execute(conn)?;
    Ok(db::replanned(
        "SELECT n AS name, (SELECT min(p.id) FROM people p WHERE p.archived_at IS NULL AND p.sort_name = plain(n)) AS id
           FROM unnest($1::text[]) AS n",
    )
    .bind(names)
    .load(conn)?)
}

fn column<'a, T>(lines: &'a [(WaitingLine, Option<PersonId>)], of: impl Fn(&'a WaitingLine) -> T) -> Vec<T> {
    lines.iter().map(|(line, _)| of(line)).collect()
}

fn person_ids(lines: &[(WaitingLine, Option<PersonId>)]) -> Vec<Option<PersonId>> {
    lines.iter().map(|(_, person)| *person).collect()
}

/// Creates a contact from each line, and writes the audit.
pub fn create_contacts(
    conn: &mut PgConnection,
    import: &LockedImport,
    lines: &[(WaitingLine, Option<PersonId>)],
) -> Result<()> {
    db::replanned(
        "WITH made AS (
            INSERT INTO contacts (channel_id, name, phone, email, person_id, default_department_id,
                                  default_attendant_id)
            SELECT $1, l.name, l.phone, l.email, l.person, l.department, l.attendant
              FROM unnest($3, $4, $5, $6, $7, $8) AS l (name, phone, email, person, department, attendant)
            RETURNING id, phone, email),
         known AS (
            INSERT INTO contact_identities (contact_id, channel_id, kind, value)
            SELECT id, $1, identity_kind($2), CASE $2 WHEN 'email' THEN email ELSE phone END FROM made
             WHERE $2 IN ('email', 'whatsapp'))
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'contact.created', id, $9, jsonb_build_object('import_id', $10) FROM made",
    )
    .bind(import.channel_id)
    .bind(import.kind)
    .bind(column(lines, WaitingLine::contact_name))
    .bind(column(lines, |line| line.phone.as_str()))
    .bind(column(lines, |line| line.email.as_str()))
    .bind(person_ids(lines))
    .bind(column(lines, |line| line.department))
    .bind(column(lines, |line| line.attendant))
    .bind(import.created_by)
    .bind(import.id)
    .execute(conn)?;
    Ok(())
}

/// Updates the contact of each line with the values that the line has, and writes the changed fields to the
/// audit. Does not change the telephone number or e-mail address that is the contact's address on its channel.
/// Locks the contacts in order of id.
pub fn update_contacts(
    conn: &mut PgConnection,
    import: &LockedImport,
    lines: &[(WaitingLine, Option<PersonId>)],
) -> Result<()> {
    db::replanned(
        "WITH said AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $8, $9)
                            AS l (id, name, phone, email, person, department, attendant)),
         locked AS MATERIALIZED (
            SELECT c.id, ch.kind, c.name, c.phone, c.email, c.person_id, c.default_department_id,
                   c.default_attendant_id
              FROM contacts c JOIN channels ch ON ch.id = c.channel_id
             WHERE c.id = ANY($1) AND c.anonymised_at IS NULL ORDER BY c.id FOR NO KEY UPDATE OF c),
         changed AS (
            UPDATE contacts c SET name = coalesce(nullif(said.name, ''), c.name),
                   person_id = coalesce(said.person, c.person_id),
                   default_department_id = coalesce(said.department, c.default_department_id),
                   default_attendant_id = CASE
                       WHEN said.attendant IS NOT NULL THEN said.attendant
                       WHEN said.department <> c.default_department_id THEN NULL
                       ELSE c.default_attendant_id END,
                   phone = CASE WHEN said.phone <> '' AND locked.kind <> 'whatsapp' THEN said.phone ELSE c.phone END,
                   email = CASE WHEN said.email <> '' AND locked.kind <> 'email' THEN said.email ELSE c.email END
              FROM locked JOIN said USING (id) WHERE c.id = locked.id
            RETURNING c.id, array_remove(ARRAY[
                CASE WHEN locked.name <> c.name THEN 'name' END, CASE WHEN locked.phone <> c.phone THEN 'phone' END,
                CASE WHEN locked.email <> c.email THEN 'email' END,
                CASE WHEN locked.person_id IS DISTINCT FROM c.person_id THEN 'person' END,
                CASE WHEN locked.default_department_id IS DISTINCT FROM c.default_department_id THEN 'department' END,
                CASE WHEN locked.default_attendant_id IS DISTINCT FROM c.default_attendant_id THEN 'attendant' END],
                NULL) AS fields)
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'contact.edited', id, $6, jsonb_build_object('import_id', $7, 'fields', fields)
           FROM changed WHERE fields <> '{}'",
    )
    .bind(column(lines, WaitingLine::contact))
    .bind(column(lines, |line| line.name.as_str()))
    .bind(column(lines, |line| line.phone.as_str()))
    .bind(column(lines, |line| line.email.as_str()))
    .bind(person_ids(lines))
    .bind(import.created_by)
    .bind(import.id)
    .bind(column(lines, |line| line.department))
    .bind(column(lines, |line| line.attendant))
    .execute(conn)?;
    Ok(())
}
