//! SQL of the pages of imports.

use chrono::{DateTime, Utc};
use diesel::expression::SqlLiteral;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::Value;

use super::matching::{BY_EMAIL, BY_PHONE, by_code};
use crate::channels::ChannelKind;
use crate::contacts::import::ImportStatus;
use crate::contacts::queries::CREATED_BY_USERS;
use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, ImportId};
use crate::schema::{channels, import_lines};

/// Maximum lines in a preview, and maximum imports in the list on the upload page.
const MAX_ROWS: i64 = 20;

db::row! {
    /// An import with its counts.
    #[derive(Clone, Debug)]
    pub struct Import {
        pub id: ImportId,
        pub file_name: String,
        pub status: ImportStatus,
        pub channel_id: ChannelId,
        pub channel_kind: ChannelKind,
        pub channel_name: String,
        pub creator: String,
        pub good: i32,
        pub bad: i32,
        pub repeated: i32,
        pub existing: i32,
        pub created: i32,
        pub updated: i32,
        pub skipped: i32,
        pub failed: i32,
        /// Number of people whom the lines of new contacts create.
        pub new_people: i32,
        /// Number of other people, named only by lines of existing contacts. They are created if the user chooses
        /// to update existing contacts.
        pub new_people_of_known: i32,
        /// Number of lines with values that do not fit into a contact.
        pub remarked: i32,
        /// How the file is read, and the target of each column.
        pub choices: Value,
        pub has_file: bool,
        pub created_at: DateTime<Utc>,
    }
}

// SQL text: locks only the import among the joined tables, which the builder cannot say.
const SELECT: &str = "SELECT i.id, i.file_name, i.status, i.channel_id, ch.kind AS channel_kind,
        ch.name AS channel_name, u.name AS creator, i.remarked, i.choices,
        EXISTS (SELECT FROM import_files f WHERE f.import_id = i.id) AS has_file,
        i.good, i.bad, i.repeated, i.existing, i.created, i.updated, i.skipped, i.failed,
        i.new_people, i.new_people_of_known, i.created_at
   FROM imports i JOIN channels ch ON ch.id = i.channel_id JOIN users u ON u.id = i.created_by";

pub fn find(conn: &mut PgConnection, import: ImportId) -> Result<Import> {
    Ok(db::replanned(format!("{SELECT} WHERE i.id = $1")).bind(import).get_result(conn)?)
}

/// Like [`find`], and locks the import until the end of the transaction.
pub fn find_for_update(conn: &mut PgConnection, import: ImportId) -> Result<Import> {
    let sql = format!("{SELECT} WHERE i.id = $1 FOR NO KEY UPDATE OF i");
    Ok(db::replanned(sql).bind(import).get_result(conn)?)
}

/// The newest imports, newest first.
pub fn recent(conn: &mut PgConnection) -> Result<Vec<Import>> {
    let sql = format!("{SELECT} ORDER BY i.created_at DESC, i.id DESC LIMIT $1");
    Ok(db::replanned(sql).bind(MAX_ROWS).load(conn)?)
}

db::row! {
    /// A line of the file, as the preview shows it.
    #[derive(Clone, Debug, Queryable)]
    pub struct ImportLine {
        pub line: i32,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub person: String,
        pub department: String,
        pub attendant: String,
        pub code: String,
        /// Values that do not fit into the contact, and other remarks.
        pub remark: String,
        pub problem: Option<String>,
        pub repeats: Option<i32>,
        /// The name of the existing contact with this number, address or code.
        pub existing: Option<String>,
        /// The contact's number, if it is the line's with or without the ninth digit.
        pub known_phone: Option<String>,
    }
}

/// The first lines of the file.
pub fn first_lines(conn: &mut PgConnection, import: ImportId) -> Result<Vec<ImportLine>> {
    // SQL text: looks up the existing contact of each line in three ways.
    Ok(db::replanned(format!(
        "SELECT l.line, l.name, l.phone, l.email, l.person, l.department, l.attendant, l.code, l.remark, l.problem,
                l.repeats,
                known.name AS existing,
                (SELECT spelled FROM (SELECT known.phone UNION ALL
                                      SELECT i.value FROM contact_identities i
                                       WHERE i.contact_id = known.id AND i.kind = 'phone') AS numbers (spelled)
                  WHERE spelled <> l.phone AND phone_match_key(spelled) = phone_match_key(l.phone) LIMIT 1)
                    AS known_phone
           FROM import_lines l
           JOIN imports i ON i.id = l.import_id
           LEFT JOIN contacts known ON known.id = coalesce({}, {BY_PHONE}, {BY_EMAIL})
          WHERE l.import_id = $1 ORDER BY l.line LIMIT $2",
        by_code("i.channel_id")
    ))
    .bind(import)
    .bind(MAX_ROWS)
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
    let no_number: SqlLiteral<Nullable<Text>> = diesel::dsl::sql("NULL::text");
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
            no_number,
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
