//! What an upload writes.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};

use crate::contacts::import::file::Line;
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

/// Counts what was found in the file.
///
/// # Errors
/// The database is unreachable.
pub fn count(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    diesel::sql_query(
        "UPDATE imports i SET good = n.good, bad = n.bad, repeated = n.repeated, existing = n.existing
           FROM (SELECT count(*) FILTER (WHERE problem IS NULL) AS good,
                        count(*) FILTER (WHERE problem IS NOT NULL) AS bad, count(repeats) AS repeated,
                        count(*) FILTER (WHERE problem IS NULL AND repeats IS NULL AND (
                            (phone <> '' AND phone IN (SELECT phone FROM contacts WHERE phone <> ''))
                            OR (email <> '' AND email IN (SELECT email FROM contacts WHERE email <> '')))) AS existing
                   FROM import_lines WHERE import_id = $1) n
          WHERE i.id = $1",
    )
    .bind::<BigInt, _>(import)
    .execute(conn)?;
    Ok(())
}
