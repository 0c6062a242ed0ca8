//! Statements that change a pending schedule. The caller runs all of them in one transaction.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::db::{self, clock_timestamp};
use crate::error::Result;
use crate::ids::UserId;
use crate::schedules::Status;
use crate::schedules::changes::Changes;
use crate::schedules::draft::ScheduleDraft;
use crate::schedules::queries::{FormColumns, Stored, add_history};
use crate::schedules::spacing::Spacing;
use crate::schema::schedules;

/// Whether the last change of the schedule was saved by this same form. After another change, the schedule no
/// longer holds what the form says.
pub fn is_edited_by(conn: &mut PgConnection, stored: &Stored, form: Uuid) -> Result<bool> {
    // SQL text: the condition looks into JSON.
    let answer = db::prepared(
        "SELECT EXISTS (SELECT FROM schedule_history
                         WHERE schedule_id = $1 AND kind = 'edited' AND details->>'form' = $2
                           AND (details->>'version')::int = $3)",
    )
    .bind(stored.id)
    .bind(form.to_string())
    .bind(stored.version)
    .get_result(conn)?;
    Ok(answer)
}

/// Whether the page with this key made all changes after the version `seen`.
pub fn only_page_changed_since(
    conn: &mut PgConnection,
    stored: &Stored,
    seen: i32,
    page: Uuid,
) -> Result<bool> {
    // SQL text: the condition looks into JSON.
    let answer = db::prepared(
        "SELECT count(*) = $2 - $3 FROM schedule_history
          WHERE schedule_id = $1 AND kind = 'edited' AND details->>'page' = $4
            AND (details->>'version')::int > $3",
    )
    .bind(stored.id)
    .bind(stored.version)
    .bind(seen)
    .bind(page.to_string())
    .get_result(conn)?;
    Ok(answer)
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
    diesel::update(schedules::table.find(stored.id))
        .filter(schedules::status.eq(Status::Scheduled))
        .set((
            FormColumns::new(draft, *spacing),
            schedules::spacing_exempt.eq(*is_exempt),
            schedules::version.eq(schedules::version + 1),
            schedules::updated_at.eq(clock_timestamp()),
        ))
        .execute(conn)?;
    let details = json!({
        "version": stored.version + 1, "form": form, "page": page, "fields": changes.fields,
        "values": changes.values,
    });
    add_history(conn, stored.id, "edited", *by, &details)
}
