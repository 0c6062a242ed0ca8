//! What an upload writes.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};

use crate::contacts::form::ChannelKind;
use crate::contacts::import::file::Line;
use crate::contacts::import::take::{ADDRESS_TAKEN, TWO_CONTACTS};
use crate::error::Result;
use crate::ids::{ChannelId, ImportId, UserId};

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ImportId,
}

/// Forgets what was uploaded more than a week ago, unless it is running.
///
/// # Errors
/// The database is unreachable.
pub fn forget_old(conn: &mut PgConnection) -> Result<usize> {
    let sql = "DELETE FROM imports WHERE created_at < now() - interval '7 days' AND status <> 'running'";
    Ok(diesel::sql_query(sql).execute(conn)?)
}

/// # Errors
/// The database is unreachable.
pub fn create(conn: &mut PgConnection, by: UserId, channel: ChannelId, file_name: &str) -> Result<ImportId> {
    let sql = "INSERT INTO imports (created_by, channel_id, file_name) VALUES ($1, $2, $3) RETURNING id";
    let row: IdRow = diesel::sql_query(sql)
        .bind::<BigInt, _>(by)
        .bind::<BigInt, _>(channel)
        .bind::<Text, _>(file_name)
        .get_result(conn)?;
    Ok(row.id)
}

/// # Errors
/// The database is unreachable.
pub fn add_lines(conn: &mut PgConnection, import: ImportId, lines: &[Line]) -> Result<()> {
    fn column<'a, T>(lines: &'a [Line], of: impl Fn(&'a Line) -> T) -> Vec<T> {
        lines.iter().map(of).collect()
    }
    diesel::sql_query(
        "INSERT INTO import_lines (import_id, line, name, phone, email, person, problem, repeats)
         SELECT $1, l.* FROM unnest($2, $3, $4, $5, $6, $7, $8) AS l",
    )
    .bind::<BigInt, _>(import)
    .bind::<Array<Integer>, _>(column(lines, |line| line.number))
    .bind::<Array<Text>, _>(column(lines, |line| line.name.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.phone.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.email.as_str()))
    .bind::<Array<Text>, _>(column(lines, |line| line.person.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(lines, |line| line.problem.as_deref()))
    .bind::<Array<Nullable<Integer>>, _>(column(lines, |line| line.repeats))
    .execute(conn)?;
    Ok(())
}

/// Refuses the lines of which it is known already that they will not do: taking them would find the same.
///
/// # Errors
/// The database is unreachable.
pub fn refuse_impossible(
    conn: &mut PgConnection,
    import: ImportId,
    (channel, kind): (ChannelId, ChannelKind),
) -> Result<()> {
    diesel::sql_query(
        "UPDATE import_lines l SET problem = CASE WHEN m.by_phone IS NULL THEN $4 ELSE $5 END
           FROM (SELECT w.line, p.id AS by_phone, e.id AS by_email FROM import_lines w
                   LEFT JOIN LATERAL (SELECT id FROM contacts WHERE phone = w.phone AND phone <> ''
                                       ORDER BY archived_at IS NOT NULL, id LIMIT 1) p ON true
                   LEFT JOIN LATERAL (SELECT id FROM contacts WHERE email = w.email AND email <> ''
                                       ORDER BY archived_at IS NOT NULL, id LIMIT 1) e ON true
                  WHERE w.import_id = $1 AND w.problem IS NULL AND w.repeats IS NULL) m
          WHERE l.import_id = $1 AND l.line = m.line
            AND (m.by_phone <> m.by_email
                 OR (m.by_phone IS NULL AND m.by_email IS NULL
                     AND EXISTS (SELECT FROM contacts c WHERE c.channel_id = $2
                                    AND c.address = CASE $3 WHEN 'email' THEN l.email WHEN 'whatsapp' THEN l.phone END)))",
    )
    .bind::<BigInt, _>(import)
    .bind::<BigInt, _>(channel)
    .bind::<Text, _>(kind)
    .bind::<Text, _>(ADDRESS_TAKEN)
    .bind::<Text, _>(TWO_CONTACTS)
    .execute(conn)?;
    Ok(())
}

/// Counts what was found in the file: lines, and the people whom they name and who are not there yet.
///
/// # Errors
/// The database is unreachable.
pub fn count(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    diesel::sql_query(
        "WITH lines AS MATERIALIZED (
            SELECT problem, repeats, plain(person) AS person,
                   problem IS NULL AND repeats IS NULL AND (
                       (phone <> '' AND phone IN (SELECT phone FROM contacts WHERE phone <> ''))
                       OR (email <> '' AND email IN (SELECT email FROM contacts WHERE email <> ''))) AS exists
              FROM import_lines WHERE import_id = $1),
         missing AS (
            SELECT person, bool_or(repeats IS NULL AND NOT exists) AS is_of_new FROM lines
             WHERE problem IS NULL AND person <> ''
               AND NOT EXISTS (SELECT FROM people p WHERE p.archived_at IS NULL AND p.sort_name = person)
             GROUP BY person)
         UPDATE imports i SET good = n.good, bad = n.bad, repeated = n.repeated, existing = n.existing,
                new_people = m.of_new, new_people_of_known = m.of_known
           FROM (SELECT count(*) FILTER (WHERE problem IS NULL) AS good,
                        count(*) FILTER (WHERE problem IS NOT NULL) AS bad,
                        count(repeats) FILTER (WHERE problem IS NULL) AS repeated,
                        count(*) FILTER (WHERE exists) AS existing
                   FROM lines) n,
                (SELECT count(*) FILTER (WHERE is_of_new) AS of_new,
                        count(*) FILTER (WHERE NOT is_of_new) AS of_known FROM missing) m
          WHERE i.id = $1",
    )
    .bind::<BigInt, _>(import)
    .execute(conn)?;
    Ok(())
}
