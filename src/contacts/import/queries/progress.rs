//! SQL that finds the next lines to import and stores the result of each. The caller runs each portion in one
//! transaction.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::matching::{BY_EMAIL, BY_PHONE, by_code, is_address_taken};
use crate::channels::ChannelKind;
use crate::contacts::display;
use crate::contacts::form::NAME_LIMIT;
use crate::contacts::import::ImportStatus;
use crate::db::{self, clock_timestamp};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, ImportId, UserId};
use crate::schema::{import_lines, imports};

db::row! {
    /// A running import, locked.
    #[derive(Clone, Debug)]
    pub struct LockedImport {
        pub id: ImportId,
        pub created_by: UserId,
        pub channel_id: ChannelId,
        pub kind: ChannelKind,
        pub updates_existing: bool,
    }
}

/// The running import that was confirmed first, locked. `None` if another process is importing: only one works
/// at a time, so that the same customer in two files becomes one contact.
pub fn claim(conn: &mut PgConnection) -> Result<Option<LockedImport>> {
    // SQL text: the builder has no advisory locks.
    let has_lock: bool =
        db::prepared("SELECT pg_try_advisory_xact_lock(hashtext('pontual.import'))").get_result(conn)?;
    if !has_lock {
        return Ok(None);
    }
    // SQL text: locks only the import among the joined tables.
    Ok(db::replanned(
        "SELECT i.id, i.created_by, i.channel_id, ch.kind, i.updates_existing
           FROM imports i JOIN channels ch ON ch.id = i.channel_id
          WHERE i.status = 'running' ORDER BY i.confirmed_at, i.id LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED",
    )
    .get_result(conn)
    .optional()?)
}

db::row! {
    /// A waiting line, and the contacts with its number and its e-mail address.
    #[derive(Clone, Debug)]
    pub struct WaitingLine {
        pub line: i32,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub person: String,
        /// The department and the attendant of the line, if they are still active.
        pub department: Option<DepartmentId>,
        pub attendant: Option<UserId>,
        pub is_repeat: bool,
        /// The contact whose code the line has.
        pub by_code: Option<ContactId>,
        pub by_phone: Option<ContactId>,
        pub by_email: Option<ContactId>,
        pub is_address_taken: bool,
    }
}

impl WaitingLine {
    /// The existing contact that the line belongs to.
    pub fn contact(&self) -> Option<ContactId> {
        self.by_code.or(self.by_phone).or(self.by_email)
    }

    /// The contact's name. If the line has none, its e-mail address or number.
    pub fn contact_name(&self) -> String {
        match (self.name.as_str(), self.email.as_str()) {
            ("", "") => display::phone(&self.phone),
            ("", email) => email.chars().take(NAME_LIMIT).collect(),
            (name, _) => name.to_owned(),
        }
    }
}

/// SQL text, because each line is looked up in several ways.
///
/// Parameters: $1 the import, $2 the limit or the line, $3 the channel of the import, $4 the kind of the channel.
fn select() -> String {
    format!(
        "SELECT l.line, l.name, l.phone, l.email, l.person, d.id AS department,
                l.repeats IS NOT NULL AS is_repeat,
                (SELECT u.id FROM department_members m JOIN users u ON u.id = m.user_id
                  WHERE m.department_id = d.id AND u.id = l.attendant_id AND u.deactivated_at IS NULL) AS attendant,
                {} AS by_code, {BY_PHONE} AS by_phone, {BY_EMAIL} AS by_email, {} AS is_address_taken
           FROM import_lines l LEFT JOIN departments d ON d.id = l.department_id AND d.deactivated_at IS NULL
          WHERE l.import_id = $1 AND l.problem IS NULL",
        by_code("$3"),
        is_address_taken("$3", "$4")
    )
}

/// The next waiting lines. Those that repeat other lines come last.
pub fn waiting(conn: &mut PgConnection, import: &LockedImport, limit: i64) -> Result<Vec<WaitingLine>> {
    Ok(db::replanned(format!("{} ORDER BY (l.repeats IS NOT NULL), l.line LIMIT $2", select()))
        .bind(import.id)
        .bind(limit)
        .bind(import.channel_id)
        .bind(import.kind)
        .load(conn)?)
}

/// One line, if it is still waiting.
pub fn waiting_line(
    conn: &mut PgConnection,
    import: &LockedImport,
    line: i32,
) -> Result<Option<WaitingLine>> {
    Ok(db::replanned(format!("{} AND l.line = $2", select()))
        .bind(import.id)
        .bind(line)
        .bind(import.channel_id)
        .bind(import.kind)
        .get_result(conn)
        .optional()?)
}

/// Deletes imported lines.
pub fn delete_lines(conn: &mut PgConnection, import: ImportId, lines: &[i32]) -> Result<()> {
    let imported = import_lines::import_id.eq(import).and(import_lines::line.eq_any(lines));
    diesel::delete(import_lines::table.filter(imported)).execute(conn)?;
    Ok(())
}

/// Stores the reason why a line was not imported.
pub fn set_problem(conn: &mut PgConnection, import: ImportId, line: i32, problem: &str) -> Result<()> {
    diesel::update(import_lines::table.find((import, line)))
        .set(import_lines::problem.eq(problem))
        .execute(conn)?;
    Ok(())
}

/// Moves a line behind the line `other`, which belongs to the same contact.
pub fn defer(conn: &mut PgConnection, import: ImportId, line: i32, other: i32) -> Result<()> {
    diesel::update(import_lines::table.find((import, line)))
        .set(import_lines::repeats.eq(other))
        .execute(conn)?;
    Ok(())
}

/// Adds to the counts of the import: created, updated, skipped, failed.
pub fn add_counts(conn: &mut PgConnection, import: ImportId, counts: [usize; 4]) -> Result<()> {
    let [created, updated, skipped, failed] = counts.map(|count| count as i32);
    diesel::update(imports::table.find(import))
        .set((
            imports::created.eq(imports::created + created),
            imports::updated.eq(imports::updated + updated),
            imports::skipped.eq(imports::skipped + skipped),
            imports::failed.eq(imports::failed + failed),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn confirm(conn: &mut PgConnection, import: ImportId, updates_existing: bool) -> Result<()> {
    diesel::update(imports::table.find(import))
        .set((
            imports::status.eq(ImportStatus::Running),
            imports::updates_existing.eq(updates_existing),
            imports::confirmed_at.eq(clock_timestamp().nullable()),
        ))
        .execute(conn)?;
    super::delete_file(conn, import)
}

pub fn finish(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    end(conn, import, ImportStatus::Finished)
}

fn end(conn: &mut PgConnection, import: ImportId, status: ImportStatus) -> Result<()> {
    let finished_at = imports::finished_at.eq(clock_timestamp().nullable());
    diesel::update(imports::table.find(import))
        .set((imports::status.eq(status), finished_at))
        .execute(conn)?;
    Ok(())
}

/// Cancels an import, and deletes its file and its waiting lines.
pub fn cancel(conn: &mut PgConnection, import: ImportId) -> Result<()> {
    end(conn, import, ImportStatus::Cancelled)?;
    let waiting = import_lines::import_id.eq(import).and(import_lines::problem.is_null());
    diesel::delete(import_lines::table.filter(waiting)).execute(conn)?;
    super::delete_file(conn, import)
}
