//! Statements that change a pending schedule. The caller runs all of them in one transaction.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Interval, Nullable, Text, Timestamp, Timestamptz};
use serde_json::json;
use uuid::Uuid;

use super::saving::{add_history, interval};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{AttachmentId, ContactId, DepartmentId, PersonId, ScheduleId, UserId};
use crate::schedules::changes::Changes;
use crate::schedules::draft::Draft;
use crate::schedules::spacing::Spacing;
use crate::schedules::{Action, Status};

/// The row of a schedule.
#[derive(Clone, Debug, QueryableByName)]
pub struct Stored {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub person_id: Option<PersonId>,
    #[diesel(sql_type = BigInt)]
    pub contact_id: ContactId,
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub attendant_id: Option<UserId>,
    #[diesel(sql_type = Text)]
    pub action: Action,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub message: String,
    #[diesel(sql_type = Text)]
    pub comment: String,
    #[diesel(sql_type = BigInt)]
    pub spacing_key: i64,
    #[diesel(sql_type = Bool)]
    pub spacing_exempt: bool,
    /// Its files, by id.
    #[diesel(sql_type = Array<BigInt>)]
    pub files: Vec<AttachmentId>,
}

const STORED: &str =
    "SELECT id, version, status, person_id, contact_id, department_id, attendant_id, action, due_at,
        message, comment, spacing_key, spacing_exempt,
        ARRAY(SELECT a.id FROM attachments a WHERE a.schedule_id = schedules.id ORDER BY a.id) AS files
   FROM schedules WHERE id = $1";

pub fn stored(conn: &mut PgConnection, schedule: ScheduleId) -> Result<Stored> {
    find(conn, schedule, STORED)
}

/// Like [`stored`], and locks the row until the transaction ends. If this waited for another transaction, the
/// row is that transaction's version, but the files are those from before it.
pub fn lock_stored(conn: &mut PgConnection, schedule: ScheduleId) -> Result<Stored> {
    find(conn, schedule, &format!("{STORED} FOR NO KEY UPDATE"))
}

fn find(conn: &mut PgConnection, schedule: ScheduleId, sql: &str) -> Result<Stored> {
    let found = db::prepared(sql).bind::<BigInt, _>(schedule).get_result(conn).optional()?;
    found.ok_or(Error::NotFound)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Whether the last change of the schedule was saved by this same form. After another change, the schedule no
/// longer holds what the form says.
pub fn is_edited_by(conn: &mut PgConnection, stored: &Stored, form: Uuid) -> Result<bool> {
    let row: Found = db::prepared(
        "SELECT EXISTS (SELECT FROM schedule_history
                         WHERE schedule_id = $1 AND kind = 'edited' AND details->>'form' = $2
                           AND (details->>'version')::int = $3) AS is_found",
    )
    .bind::<BigInt, _>(stored.id)
    .bind::<Text, _>(form.to_string())
    .bind::<Integer, _>(stored.version)
    .get_result(conn)?;
    Ok(row.is_found)
}

/// Whether the page with this key made all changes after the version `seen`.
pub fn is_own_since(conn: &mut PgConnection, stored: &Stored, seen: i32, page: Uuid) -> Result<bool> {
    let row: Found = db::prepared(
        "SELECT count(*) = $2 - $3 AS is_found FROM schedule_history
          WHERE schedule_id = $1 AND kind = 'edited' AND details->>'page' = $4
            AND (details->>'version')::int > $3",
    )
    .bind::<BigInt, _>(stored.id)
    .bind::<Integer, _>(stored.version)
    .bind::<Integer, _>(seen)
    .bind::<Text, _>(page.to_string())
    .get_result(conn)?;
    Ok(row.is_found)
}

/// Whether the pending schedule already has this time and key.
pub fn stands_at(conn: &mut PgConnection, id: ScheduleId, at: DateTime<Utc>, key: i64) -> Result<bool> {
    let row: Found = db::prepared(
        "SELECT EXISTS (SELECT FROM schedules
                         WHERE id = $1 AND status = 'scheduled' AND due_at = $2 AND spacing_key = $3) AS is_found",
    )
    .bind::<BigInt, _>(id)
    .bind::<Timestamptz, _>(at)
    .bind::<BigInt, _>(key)
    .get_result(conn)?;
    Ok(row.is_found)
}

/// What is saved, and by whom.
pub struct Saving<'a> {
    pub draft: &'a Draft,
    pub changes: &'a Changes,
    pub spacing: Spacing,
    /// Whether it stays exempt from the spacing, because it keeps its place.
    pub is_exempt: bool,
    pub form: Uuid,
    /// The key of the page. One page can submit several different forms after the browser's "back".
    pub page: Option<Uuid>,
    pub by: UserId,
}

/// Writes the draft over a pending schedule, whose row is locked, and adds an entry to its history.
///
/// # Errors
/// The constraint `schedules_spaced` is violated if a writer that did not lock the key saved first.
pub fn update(conn: &mut PgConnection, stored: &Stored, saving: &Saving<'_>) -> Result<()> {
    let Saving { draft, changes, spacing, is_exempt, form, page, by } = saving;
    db::prepared(
        "UPDATE schedules
            SET contact_id = $2, person_id = $3, department_id = $4, attendant_id = $5, action = $6, due_at = $7,
                due_local = $8, due_zone = $9, message = $10, comment = $11, spacing_key = $12, min_gap = $13,
                spacing_exempt = $14, version = version + 1, updated_at = clock_timestamp()
          WHERE id = $1 AND status = 'scheduled'",
    )
    .bind::<BigInt, _>(stored.id)
    .bind::<BigInt, _>(draft.contact)
    .bind::<Nullable<BigInt>, _>(draft.person)
    .bind::<BigInt, _>(draft.department)
    .bind::<Nullable<BigInt>, _>(draft.attendant)
    .bind::<Text, _>(draft.action)
    .bind::<Timestamptz, _>(draft.due_at)
    .bind::<Timestamp, _>(draft.due_local)
    .bind::<Text, _>(draft.zone.name())
    .bind::<Text, _>(&draft.message)
    .bind::<Text, _>(&draft.comment)
    .bind::<BigInt, _>(spacing.key(draft.department, draft.attendant, draft.contact))
    .bind::<Interval, _>(interval(spacing.gap()))
    .bind::<Bool, _>(is_exempt)
    .execute(conn)?;
    let details = json!({
        "version": stored.version + 1, "form": form, "page": page, "fields": changes.fields,
        "values": changes.values,
    });
    add_history(conn, stored.id, "edited", *by, &details)
}
