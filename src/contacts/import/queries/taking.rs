//! What taking the lines of an import reads and writes. The caller holds one transaction for a portion.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};

use crate::contacts::form::ChannelKind;
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, ImportId, PersonId, UserId};

/// A running import, locked.
#[derive(Clone, Debug, QueryableByName)]
pub struct Claimed {
    #[diesel(sql_type = BigInt)]
    pub id: ImportId,
    #[diesel(sql_type = BigInt)]
    pub created_by: UserId,
    #[diesel(sql_type = BigInt)]
    pub channel_id: ChannelId,
    #[diesel(sql_type = Text)]
    pub kind: ChannelKind,
    #[diesel(sql_type = Bool)]
    pub updates_existing: bool,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// The running import that was confirmed first, unless another process is at work: one at a time, so that
/// two files with the same customer make one contact.
///
/// # Errors
/// The database is unreachable.
pub fn claim(conn: &mut PgConnection) -> Result<Option<Claimed>> {
    let lock: Locked =
        diesel::sql_query("SELECT pg_try_advisory_xact_lock(hashtext('pontual.import')) AS locked")
            .get_result(conn)?;
    if !lock.locked {
        return Ok(None);
    }
    Ok(diesel::sql_query(
        "SELECT i.id, i.created_by, i.channel_id, ch.kind, i.updates_existing
           FROM imports i JOIN channels ch ON ch.id = i.channel_id
          WHERE i.status = 'running' ORDER BY i.confirmed_at, i.id LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED",
    )
    .get_result(conn)
    .optional()?)
}

/// A line that waits, and the contacts with its number and its e-mail address.
#[derive(Clone, Debug, QueryableByName)]
pub struct Match {
    #[diesel(sql_type = Integer)]
    pub line: i32,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub person: String,
    #[diesel(sql_type = Bool)]
    pub is_repeat: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub by_phone: Option<ContactId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub by_email: Option<ContactId>,
    #[diesel(sql_type = Bool)]
    pub is_address_taken: bool,
}

/// $1 the import, $3 its channel, $4 the channel's kind. Of contacts with one number, an active one counts.
const MATCH: &str = "SELECT l.line, l.name, l.phone, l.email, l.person, l.repeats IS NOT NULL AS is_repeat,
        (SELECT c.id FROM contacts c WHERE c.phone = l.phone AND c.phone <> ''
          ORDER BY c.archived_at IS NOT NULL, c.id LIMIT 1) AS by_phone,
        (SELECT c.id FROM contacts c WHERE c.email = l.email AND c.email <> ''
          ORDER BY c.archived_at IS NOT NULL, c.id LIMIT 1) AS by_email,
        EXISTS (SELECT FROM contacts c WHERE c.channel_id = $3
                   AND c.address = CASE $4 WHEN 'email' THEN l.email WHEN 'whatsapp' THEN l.phone END)
            AS is_address_taken
   FROM import_lines l WHERE l.import_id = $1 AND l.problem IS NULL";

/// The next lines, those that repeat others last.
///
/// # Errors
/// The database is unreachable.
pub fn waiting(conn: &mut PgConnection, import: &Claimed, most: i64) -> Result<Vec<Match>> {
    Ok(diesel::sql_query(format!("{MATCH} ORDER BY (l.repeats IS NOT NULL), l.line LIMIT $2"))
        .bind::<BigInt, _>(import.id)
        .bind::<BigInt, _>(most)
        .bind::<BigInt, _>(import.channel_id)
        .bind::<Text, _>(import.kind)
        .load(conn)?)
}

/// One line, if it still waits.
///
/// # Errors
/// The database is unreachable.
pub fn waiting_line(conn: &mut PgConnection, import: &Claimed, line: i32) -> Result<Vec<Match>> {
    Ok(diesel::sql_query(format!("{MATCH} AND l.line = $2"))
        .bind::<BigInt, _>(import.id)
        .bind::<Integer, _>(line)
        .bind::<BigInt, _>(import.channel_id)
        .bind::<Text, _>(import.kind)
        .load(conn)?)
}

#[derive(QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    id: PersonId,
}

/// The people of these names, whatever their case and accents; who is missing is made.
///
/// # Errors
/// The database is unreachable.
pub fn people(conn: &mut PgConnection, import: &Claimed, names: &[&str]) -> Result<Vec<(String, PersonId)>> {
    diesel::sql_query(
        "WITH missing AS (
            SELECT DISTINCT ON (plain(n)) n AS name FROM unnest($1::text[]) AS n
             WHERE NOT EXISTS (SELECT FROM people p WHERE p.archived_at IS NULL AND p.sort_name = plain(n))),
         made AS (INSERT INTO people (name) SELECT name FROM missing RETURNING id)
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'person.created', id, $2, jsonb_build_object('import_id', $3) FROM made",
    )
    .bind::<Array<Text>, _>(names)
    .bind::<BigInt, _>(import.created_by)
    .bind::<BigInt, _>(import.id)
    .execute(conn)?;
    let rows: Vec<PersonRow> = diesel::sql_query(
        "SELECT n AS name, (SELECT min(p.id) FROM people p WHERE p.archived_at IS NULL AND p.sort_name = plain(n)) AS id
           FROM unnest($1::text[]) AS n",
    )
    .bind::<Array<Text>, _>(names)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

fn column<'a, T>(lines: &'a [(Match, Option<PersonId>)], of: impl Fn(&'a Match) -> T) -> Vec<T> {
    lines.iter().map(|(line, _)| of(line)).collect()
}

fn persons(lines: &[(Match, Option<PersonId>)]) -> Vec<Option<PersonId>> {
    lines.iter().map(|(_, person)| *person).collect()
}

/// Makes a contact of each line, with its audit.
///
/// # Errors
/// The database is unreachable, or refuses one.
pub fn create_contacts(
    conn: &mut PgConnection,
    import: &Claimed,
    lines: &[(Match, Option<PersonId>)],
) -> Result<()> {
    diesel::sql_query(
        "WITH made AS (
            INSERT INTO contacts (channel_id, address, name, phone, email, person_id)
            SELECT $1, CASE $2 WHEN 'email' THEN l.email WHEN 'whatsapp' THEN l.phone ELSE gen_random_uuid()::text END,
                   l.name, l.phone, l.email, l.person
              FROM unnest($3, $4, $5, $6) AS l (name, phone, email, person) RETURNING id)
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'contact.created', id, $7, jsonb_build_object('import_id', $8) FROM made",
    )
    .bind::<BigInt, _>(import.channel_id)
    .bind::<Text, _>(import.kind)
    .bind::<Array<Text>, _>(column(lines, |line| line.name.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.phone.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.email.as_str()))
    .bind::<Array<Nullable<BigInt>>, _>(persons(lines))
    .bind::<BigInt, _>(import.created_by)
    .bind::<BigInt, _>(import.id)
    .execute(conn)?;
    Ok(())
}

/// Gives the contact of each line its name, and what else the line says, and audits which fields changed;
/// what is the contact's address on its channel stays. Locks in the order of ids.
///
/// # Errors
/// The database is unreachable.
pub fn update_contacts(
    conn: &mut PgConnection,
    import: &Claimed,
    lines: &[(Match, Option<PersonId>)],
) -> Result<()> {
    diesel::sql_query(
        "WITH said AS (SELECT * FROM unnest($1, $2, $3, $4, $5) AS l (id, name, phone, email, person)),
         locked AS MATERIALIZED (
            SELECT c.id, ch.kind, c.name, c.phone, c.email, c.person_id FROM contacts c JOIN channels ch ON ch.id = c.channel_id
             WHERE c.id = ANY($1) AND c.anonymised_at IS NULL ORDER BY c.id FOR NO KEY UPDATE OF c),
         changed AS (
            UPDATE contacts c SET name = said.name, person_id = coalesce(said.person, c.person_id),
                   phone = CASE WHEN said.phone <> '' AND locked.kind <> 'whatsapp' THEN said.phone ELSE c.phone END,
                   email = CASE WHEN said.email <> '' AND locked.kind <> 'email' THEN said.email ELSE c.email END
              FROM locked JOIN said USING (id) WHERE c.id = locked.id
            RETURNING c.id, array_remove(ARRAY[
                CASE WHEN locked.name <> c.name THEN 'name' END, CASE WHEN locked.phone <> c.phone THEN 'phone' END,
                CASE WHEN locked.email <> c.email THEN 'email' END,
                CASE WHEN locked.person_id IS DISTINCT FROM c.person_id THEN 'person' END], NULL) AS fields)
         INSERT INTO audit (action, subject_id, actor_id, details)
         SELECT 'contact.edited', id, $6, jsonb_build_object('import_id', $7, 'fields', fields)
           FROM changed WHERE fields <> '{}'",
    )
    .bind::<Array<Nullable<BigInt>>, _>(column(lines, |line| line.by_phone.or(line.by_email)))
    .bind::<Array<Text>, _>(column(lines, |line| line.name.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.phone.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.email.as_str()))
    .bind::<Array<Nullable<BigInt>>, _>(persons(lines))
    .bind::<BigInt, _>(import.created_by)
    .bind::<BigInt, _>(import.id)
    .execute(conn)?;
    Ok(())
}

/// Deletes lines that were taken.
///
/// # Errors
/// The database is unreachable.
pub fn forget(conn: &mut PgConnection, import: ImportId, lines: &[i32]) -> Result<()> {
    diesel::sql_query("DELETE FROM import_lines WHERE import_id = $1 AND line = ANY($2)")
        .bind::<BigInt, _>(import)
        .bind::<Array<Integer>, _>(lines)
        .execute(conn)?;
    Ok(())
}

/// Keeps a line with the reason why it was not taken.
///
/// # Errors
/// The database is unreachable.
pub fn refuse(conn: &mut PgConnection, import: ImportId, line: i32, problem: &str) -> Result<()> {
    diesel::sql_query("UPDATE import_lines SET problem = $3 WHERE import_id = $1 AND line = $2")
        .bind::<BigInt, _>(import)
        .bind::<Integer, _>(line)
        .bind::<Text, _>(problem)
        .execute(conn)?;
    Ok(())
}

/// Puts a line off until the other one, which is of the same contact, is taken.
///
/// # Errors
/// The database is unreachable.
pub fn defer(conn: &mut PgConnection, import: ImportId, line: i32, other: i32) -> Result<()> {
    diesel::sql_query("UPDATE import_lines SET repeats = $3 WHERE import_id = $1 AND line = $2")
        .bind::<BigInt, _>(import)
        .bind::<Integer, _>(line)
        .bind::<Integer, _>(other)
        .execute(conn)?;
    Ok(())
}

/// Adds to what came of the import: created, updated, skipped, failed.
///
/// # Errors
/// The database is unreachable.
pub fn add_counts(conn: &mut PgConnection, import: ImportId, counts: [usize; 4]) -> Result<()> {
    let [created, updated, skipped, failed] = counts.map(|count| count as i32);
    diesel::sql_query(
        "UPDATE imports SET created = created + $2, updated = updated + $3, skipped = skipped + $4,
                failed = failed + $5 WHERE id = $1",
    )
    .bind::<BigInt, _>(import)
    .bind::<Integer, _>(created)
    .bind::<Integer, _>(updated)
    .bind::<Integer, _>(skipped)
    .bind::<Integer, _>(failed)
    .execute(conn)?;
    Ok(())
}

/// # Errors
/// The database is unreachable.
pub fn confirm(conn: &mut PgConnection, import: ImportId, updates_existing: bool) -> Result<()> {
    diesel::sql_query(
        "UPDATE imports SET status = 'running', updates_existing = $2, confirmed_at = clock_timestamp() WHERE id = $1",
    )
    .bind::<BigInt, _>(import)
    .bind::<Bool, _>(updates_existing)
    .execute(conn)?;
    Ok(())
}

/// # Errors
/// The database is unreachable.
pub fn finish(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    let sql = "UPDATE imports SET status = 'finished', finished_at = clock_timestamp() WHERE id = $1";
    diesel::sql_query(sql).bind::<BigInt, _>(import).execute(conn)?;
    Ok(())
}

/// Ends an import before its end, and forgets the lines that wait.
///
/// # Errors
/// The database is unreachable.
pub fn cancel(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    let sql = "UPDATE imports SET status = 'cancelled', finished_at = clock_timestamp() WHERE id = $1";
    diesel::sql_query(sql).bind::<BigInt, _>(import).execute(conn)?;
    let sql = "DELETE FROM import_lines WHERE import_id = $1 AND problem IS NULL";
    diesel::sql_query(sql).bind::<BigInt, _>(import).execute(conn)?;
    Ok(())
}
