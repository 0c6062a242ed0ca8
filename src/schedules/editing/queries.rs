//! Statements that change a pending schedule. The caller runs all of them in one transaction.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Interval, Nullable, Text, Timestamp, Timestamptz};
use serde_json::json;
use uuid::Uuid;

use crate::db;
use crate::error::Result;
use crate::ids::UserId;
use crate::schedules::changes::Changes;
use crate::schedules::draft::ScheduleDraft;
use crate::schedules::queries::{Stored, add_history, interval};
use crate::schedules::spacing::Spacing;

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
pub fn only_page_changed_since(
    conn: &mut PgConnection,
    stored: &Stored,
    seen: i32,
    page: Uuid,
) -> Result<bool> {
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

/// What is saved, and by whom.
pub struct NewVersion<'a> {
    pub draft: &'a ScheduleDraft,
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
pub fn update(conn: &mut PgConnection, stored: &Stored, saving: &NewVersion<'_>) -> Result<()> {
    let NewVersion { draft, changes, spacing, is_exempt, form, page, by } = saving;
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
