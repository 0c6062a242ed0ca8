//! SQL of the upload and of the choice of columns.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde_json::Value;

use super::matching::{BY_EMAIL, BY_PHONE, by_code, is_address_taken};
use crate::channels::ChannelKind;
use crate::contacts::import::import_lines::{ADDRESS_TAKEN, TWO_CONTACTS};
use crate::contacts::import::line::{Attendant, DepartmentDirectory, Line};
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, DepartmentId, ImportId, UserId};
use crate::schema::{import_files, import_lines};

/// Lines per statement. Looking up one line in the contacts takes about 50 µs.
const LINES_PER_STATEMENT: usize = 2_000;

/// Deletes imports that were uploaded more than a week ago, unless they are running. Each statement deletes one
/// import, because an import may have 100,000 lines.
pub fn delete_old(conn: &mut PgConnection) -> Result<usize> {
    let mut count = 0;
    loop {
        // SQL text: deletes from the table in which it searches.
        let gone = db::replanned(
            "DELETE FROM imports WHERE id = (
                SELECT id FROM imports WHERE created_at < now() - interval '7 days' AND status <> 'running'
                 ORDER BY created_at, id LIMIT 1)",
        )
        .execute(conn)?;
        if gone == 0 {
            return Ok(count);
        }
        count += gone;
    }
}

/// Stores a file as a new import. Its columns are not chosen yet.
pub fn create(
    conn: &mut PgConnection,
    by: UserId,
    channel: ChannelId,
    (file_name, content): (&str, &[u8]),
) -> Result<ImportId> {
    // SQL text: adds two rows in one statement.
    Ok(db::prepared(
        "WITH made AS (INSERT INTO imports (created_by, channel_id, file_name) VALUES ($1, $2, $3) RETURNING id),
              kept AS (INSERT INTO import_files (import_id, content) SELECT id, $4 FROM made)
         SELECT id FROM made",
    )
    .bind(by)
    .bind(channel)
    .bind(file_name)
    .bind(content)
    .get_result(conn)?)
}

/// The file of an import that is not confirmed.
pub fn file_content(conn: &mut PgConnection, import: ImportId) -> Result<Option<Vec<u8>>> {
    Ok(import_files::table.find(import).select(import_files::content).first(conn).optional()?)
}

/// Deletes the file.
pub fn delete_file(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    diesel::delete(import_files::table.find(import)).execute(conn)?;
    Ok(())
}

/// Deletes the lines of an earlier choice of columns.
pub fn delete_all_lines(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    diesel::delete(import_lines::table.filter(import_lines::import_id.eq(import))).execute(conn)?;
    Ok(())
}

db::row! {
    struct MemberRow {
        department_id: DepartmentId,
        department: String,
        id: Option<UserId>,
        name: String,
        email: String,
    }
}

/// The active departments and their active members.
pub fn directory(conn: &mut PgConnection) -> Result<DepartmentDirectory> {
    // SQL text: an outer join with a pair of joined tables.
    let rows: Vec<MemberRow> = db::prepared(
        "SELECT d.id AS department_id, d.name AS department, u.id, coalesce(u.name, '') AS name,
                coalesce(u.email, '') AS email
           FROM departments d
           LEFT JOIN (department_members m JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL)
             ON m.department_id = d.id
          WHERE d.deactivated_at IS NULL",
    )
    .load(conn)?;
    let departments = rows.iter().map(|row| (row.department_id, row.department.clone())).collect();
    let attendant = |row: MemberRow| {
        Some(Attendant { department: row.department_id, id: row.id?, name: row.name, email: row.email })
    };
    Ok(DepartmentDirectory::new(departments, rows.into_iter().filter_map(attendant).collect()))
}

/// Stores the lines. Each is marked if it belongs to an existing contact, or gets a problem if importing it
/// would be refused.
pub fn add_lines(
    conn: &mut PgConnection,
    import: ImportId,
    channel: (ChannelId, ChannelKind),
    lines: &[Line],
) -> Result<()> {
    lines.chunks(LINES_PER_STATEMENT).try_for_each(|lines| add_portion(conn, import, channel, lines))
}

fn add_portion(
    conn: &mut PgConnection,
    import: ImportId,
    (channel, kind): (ChannelId, ChannelKind),
    lines: &[Line],
) -> Result<()> {
    fn column<'a, T>(lines: &'a [Line], of: impl Fn(&'a Line) -> T) -> Vec<T> {
        lines.iter().map(of).collect()
    }
    // SQL text: inserts many lines at once, each with what is known of it.
    db::replanned(format!(
        "INSERT INTO import_lines (import_id, line, name, phone, email, person, department, attendant,
                department_id, attendant_id, code, remark, problem, repeats, person_key, is_known)
         SELECT $1, l.line, l.name, l.phone, l.email, l.person, l.department, l.attendant, l.department_id,
                l.attendant_id, CASE WHEN l.problem IS NULL AND c.id IS NULL THEN '' ELSE l.code END, l.remark,
                CASE WHEN l.problem IS NOT NULL OR l.repeats IS NOT NULL OR c.id IS NOT NULL THEN l.problem
                     WHEN p.id <> e.id THEN $5
                     WHEN p.id IS NULL AND e.id IS NULL AND {is_address_taken} THEN $4 END,
                l.repeats, plain(l.person),
                l.problem IS NULL AND l.repeats IS NULL
                    AND (c.id IS NOT NULL OR (coalesce(p.id, e.id) IS NOT NULL AND (p.id = e.id) IS NOT FALSE))
           FROM unnest($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
                AS l (line, name, phone, email, person, department, attendant, department_id, attendant_id, code,
                      remark, problem, repeats)
           -- The limits let each contact be looked up once.
           LEFT JOIN LATERAL (SELECT {by_code} AS id LIMIT 1) c ON true
           LEFT JOIN LATERAL (SELECT {BY_PHONE} AS id WHERE l.problem IS NULL AND l.repeats IS NULL LIMIT 1) p ON true
           LEFT JOIN LATERAL (SELECT {BY_EMAIL} AS id WHERE l.problem IS NULL AND l.repeats IS NULL LIMIT 1) e ON true",
        by_code = by_code("$2"),
        is_address_taken = is_address_taken("$2", "$3"),
    ))
    .bind(import)
    .bind(channel)
    .bind(kind)
    .bind(ADDRESS_TAKEN)
    .bind(TWO_CONTACTS)
    .bind(column(lines, |line| line.number))
    .bind(column(lines, |line| line.name.as_str()))
    .bind(column(lines, |line| line.phone.as_str()))
    .bind(column(lines, |line| line.email.as_str()))
    .bind(column(lines, |line| line.person.as_str()))
    .bind(column(lines, |line| line.department.as_str()))
    .bind(column(lines, |line| line.attendant.as_str()))
    .bind(column(lines, |line| line.department_id))
    .bind(column(lines, |line| line.attendant_id))
    .bind(column(lines, |line| line.code.as_str()))
    .bind(column(lines, |line| line.remark.as_str()))
    .bind(column(lines, |line| line.problem.as_deref()))
    .bind(column(lines, |line| line.repeats))
    .execute(conn)?;
    Ok(())
}

/// Moves the import to the preview, and counts its lines and the people whom they name and who do not exist
/// yet.
pub fn finish_mapping(conn: &mut PgConnection, import: ImportId, choices: &Value) -> Result<()> {
    // SQL text: counts and saves in one statement.
    db::replanned(
        "WITH lines AS MATERIALIZED (
            SELECT problem, repeats, person_key, is_known, remark FROM import_lines WHERE import_id = $1),
         missing AS (
            SELECT person_key, bool_or(repeats IS NULL AND NOT is_known) AS is_of_new FROM lines
             WHERE problem IS NULL AND person_key <> ''
               AND NOT EXISTS (SELECT FROM people p WHERE p.archived_at IS NULL AND p.sort_name = person_key)
             GROUP BY person_key)
         UPDATE imports i SET status = 'preview', choices = $2, good = n.good, bad = n.bad, repeated = n.repeated,
                existing = n.existing, remarked = n.remarked, new_people = m.of_new,
                new_people_of_known = m.of_known
           FROM (SELECT count(*) FILTER (WHERE problem IS NULL) AS good,
                        count(*) FILTER (WHERE problem IS NOT NULL) AS bad,
                        count(repeats) FILTER (WHERE problem IS NULL) AS repeated,
                        count(*) FILTER (WHERE is_known AND problem IS NULL) AS existing,
                        count(*) FILTER (WHERE remark <> '' AND problem IS NULL) AS remarked
                   FROM lines) n,
                (SELECT count(*) FILTER (WHERE is_of_new) AS of_new,
                        count(*) FILTER (WHERE NOT is_of_new) AS of_known FROM missing) m
          WHERE i.id = $1",
    )
    .bind(import)
    .bind(choices)
    .execute(conn)?;
    Ok(())
}
