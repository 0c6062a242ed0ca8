//! SQL of the pages of imports.

use chrono::{DateTime, Utc};
use diesel::expression::SqlLiteral;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz};
use serde_json::Value;

use crate::contacts::form::ChannelKind;
use crate::contacts::import::ImportStatus;
use crate::contacts::queries::CREATED_BY_USERS;
use crate::error::Result;
use crate::ids::{ChannelId, ImportId};
use crate::schema::{channels, import_lines};

/// Maximum lines in a preview, and maximum imports in the list on the upload page.
const MAX_ROWS: i64 = 20;

/// An import with its counts.
#[derive(Clone, Debug, QueryableByName)]
pub struct Import {
    #[diesel(sql_type = BigInt)]
    pub id: ImportId,
    #[diesel(sql_type = Text)]
    pub file_name: String,
    #[diesel(sql_type = Text)]
    pub status: ImportStatus,
    #[diesel(sql_type = BigInt)]
    pub channel_id: ChannelId,
    #[diesel(sql_type = Text)]
    pub channel_kind: ChannelKind,
    #[diesel(sql_type = Text)]
    pub channel_name: String,
    #[diesel(sql_type = Text)]
    pub creator: String,
    #[diesel(sql_type = Integer)]
    pub good: i32,
    #[diesel(sql_type = Integer)]
    pub bad: i32,
    #[diesel(sql_type = Integer)]
    pub repeated: i32,
    #[diesel(sql_type = Integer)]
    pub existing: i32,
    #[diesel(sql_type = Integer)]
    pub created: i32,
    #[diesel(sql_type = Integer)]
    pub updated: i32,
    #[diesel(sql_type = Integer)]
    pub skipped: i32,
    #[diesel(sql_type = Integer)]
    pub failed: i32,
    /// Number of people whom the lines of new contacts create.
    #[diesel(sql_type = Integer)]
    pub new_people: i32,
    /// Number of other people, named only by lines of existing contacts. They are created if the user chooses
    /// to update existing contacts.
    #[diesel(sql_type = Integer)]
    pub new_people_of_known: i32,
    /// Number of lines with values that do not fit into a contact.
    #[diesel(sql_type = Integer)]
    pub remarked: i32,
    /// How the file is read, and the target of each column.
    #[diesel(sql_type = Jsonb)]
    pub choices: Value,
    #[diesel(sql_type = Bool)]
    pub has_file: bool,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

// SQL text: locks only the import among the joined tables, which the builder cannot say.
const SELECT: &str = "SELECT i.id, i.file_name, i.status, i.channel_id, ch.kind AS channel_kind,
        ch.name AS channel_name, u.name AS creator, i.remarked, i.choices,
        EXISTS (SELECT FROM import_files f WHERE f.import_id = i.id) AS has_file,
        i.good, i.bad, i.repeated, i.existing, i.created, i.updated, i.skipped, i.failed,
        i.new_people, i.new_people_of_known, i.created_at
   FROM imports i JOIN channels ch ON ch.id = i.channel_id JOIN users u ON u.id = i.created_by";

pub fn find(conn: &mut PgConnection, import: ImportId) -> Result<Import> {
    Ok(diesel::sql_query(format!("{SELECT} WHERE i.id = $1")).bind::<BigInt, _>(import).get_result(conn)?)
}

/// Like [`find`], and locks the import until the end of the transaction.
pub fn find_for_update(conn: &mut PgConnection, import: ImportId) -> Result<Import> {
    let sql = format!("{SELECT} WHERE i.id = $1 FOR NO KEY UPDATE OF i");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(import).get_result(conn)?)
}

/// The newest imports, newest first.
pub fn recent(conn: &mut PgConnection) -> Result<Vec<Import>> {
    let sql = format!("{SELECT} ORDER BY i.created_at DESC, i.id DESC LIMIT $1");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(MAX_ROWS).load(conn)?)
}

/// A line of the file, as the preview shows it.
#[derive(Clone, Debug, Queryable, QueryableByName)]
pub struct ImportLine {
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
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = Text)]
    pub attendant: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    /// Values that do not fit into the contact, and other remarks.
    #[diesel(sql_type = Text)]
    pub remark: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub problem: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    pub repeats: Option<i32>,
    /// The name of the existing contact with this number, address or code.
    #[diesel(sql_type = Nullable<Text>)]
    pub existing: Option<String>,
}

/// The first lines of the file.
pub fn first_lines(conn: &mut PgConnection, import: ImportId) -> Result<Vec<ImportLine>> {
    // SQL text: looks up the existing contact of each line in three ways.
    Ok(diesel::sql_query(
        "SELECT l.line, l.name, l.phone, l.email, l.person, l.department, l.attendant, l.code, l.remark, l.problem,
                l.repeats,
                coalesce((SELECT c.name FROM channels ch JOIN contacts c ON c.channel_id = ch.id
                           WHERE l.code <> '' AND c.address = l.code AND c.anonymised_at IS NULL LIMIT 1),
                         (SELECT c.name FROM contacts c WHERE c.phone = l.phone AND c.phone <> '' ORDER BY c.id LIMIT 1),
                         (SELECT c.name FROM contacts c WHERE c.email = l.email AND c.email <> '' ORDER BY c.id LIMIT 1))
                    AS existing
           FROM import_lines l WHERE l.import_id = $1 ORDER BY l.line LIMIT $2",
    )
    .bind::<BigInt, _>(import)
    .bind::<BigInt, _>(MAX_ROWS)
    .load(conn)?)
}

/// Refused lines after `line`, at most `limit`.
pub fn refused_lines(
    conn: &mut PgConnection,
    import: ImportId,
    line: i32,
    limit: i64,
) -> Result<Vec<ImportLine>> {
    Ok(lines_after(import, line, limit).filter(import_lines::problem.is_not_null()).load(conn)?)
}

/// Lines with a remark after `line`, at most `limit`.
pub fn lines_with_remarks(
    conn: &mut PgConnection,
    import: ImportId,
    line: i32,
    limit: i64,
) -> Result<Vec<ImportLine>> {
    let has_remark = import_lines::remark.ne("").and(import_lines::problem.is_null());
    Ok(lines_after(import, line, limit).filter(has_remark).load(conn)?)
}

/// The lines after `line`, at most `limit`, without their existing contacts.
#[diesel::dsl::auto_type]
fn lines_after(import: ImportId, line: i32, limit: i64) -> _ {
    let no_contact: SqlLiteral<Nullable<Text>> = diesel::dsl::sql("NULL::text");
    import_lines::table
        .filter(import_lines::import_id.eq(import))
        .filter(import_lines::line.gt(line))
        .order(import_lines::line)
        .limit(limit)
        .select((
            import_lines::line,
            import_lines::name,
            import_lines::phone,
            import_lines::email,
            import_lines::person,
            import_lines::department,
            import_lines::attendant,
            import_lines::code,
            import_lines::remark,
            import_lines::problem,
            import_lines::repeats,
            no_contact,
        ))
}

/// The kind of an active channel on which a user can create contacts.
pub fn kind_of(conn: &mut PgConnection, channel: ChannelId) -> Result<Option<ChannelKind>> {
    Ok(channels::table
        .find(channel)
        .filter(channels::deactivated_at.is_null())
        .filter(channels::kind.eq_any(CREATED_BY_USERS))
        .select(channels::kind)
        .first(conn)
        .optional()?)
}
