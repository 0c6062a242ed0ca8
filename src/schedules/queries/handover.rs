//! Statements that hand pending schedules over. The caller runs them in one transaction and holds the locks
//! of the new spacing keys. All are SQL text: they share a condition, and one writes three tables.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::saving::interval;
use crate::auth::Account;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, UserId};
use crate::schedules::handover::Handover;
use crate::schedules::spacing::{Scope, Spacing};

/// SQL condition: whether the schedule `s` is moved. $1 is the department; $2 the attendant, or NULL for all.
const IS_MOVED: &str =
    "s.status = 'scheduled' AND s.department_id = $1 AND ($2::bigint IS NULL OR s.attendant_id = $2)";

/// SQL expression: the new spacing key of `s`. $3 is the new department, $4 the new attendant or NULL, $5 the
/// scope of the spacing.
const NEW_KEY: &str = "spacing_key($5, $3, coalesce($4, s.attendant_id), s.contact_id)";

/// The old and the new place: a department, and an attendant if only theirs are moved.
struct Places {
    from: (DepartmentId, Option<UserId>),
    to: (DepartmentId, Option<UserId>),
}

impl From<Handover> for Places {
    fn from(handover: Handover) -> Self {
        match handover {
            Handover::Attendant { of, department, to } => {
                Self { from: (department, Some(of)), to: (department, Some(to)) }
            }
            Handover::Department { of, to } => Self { from: (of, None), to: (to, None) },
        }
    }
}

/// Locks the schedules that are moved, until the transaction ends.
pub fn lock_handed_over(conn: &mut PgConnection, handover: Handover) -> Result<()> {
    let Places { from, .. } = handover.into();
    db::replanned(format!("SELECT FROM schedules s WHERE {IS_MOVED} ORDER BY s.id FOR NO KEY UPDATE"))
        .bind(from.0)
        .bind(from.1)
        .execute(conn)?;
    Ok(())
}

db::row! {
    /// A schedule that would be too close to another at its new place.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Clash {
        pub id: ScheduleId,
        pub contact_name: String,
        pub due_at: DateTime<Utc>,
    }
}

/// Maximum conflicts that are returned.
const MAX_CLASHES: i64 = 6;

/// The first schedules that would be too close to others. Schedules that are exempt from the spacing stay
/// exempt.
pub fn clashes(conn: &mut PgConnection, handover: Handover, spacing: Spacing) -> Result<Vec<Clash>> {
    let Places { from, to } = handover.into();
    Ok(db::replanned(format!(
        "SELECT s.id, c.name AS contact_name, s.due_at FROM schedules s JOIN contacts c ON c.id = s.contact_id
          WHERE {IS_MOVED} AND NOT s.spacing_exempt AND s.spacing_key <> {NEW_KEY}
            AND EXISTS (SELECT FROM schedules p WHERE p.status = 'scheduled' AND p.spacing_key = {NEW_KEY}
                           AND p.due_at > s.due_at - $6 AND p.due_at < s.due_at + $6)
          ORDER BY s.due_at, s.id LIMIT $7"
    ))
    .bind(from.0)
    .bind(from.1)
    .bind(to.0)
    .bind(to.1)
    .bind(spacing.scope)
    .bind(interval(spacing.gap()))
    .bind(MAX_CLASHES)
    .load(conn)?)
}

/// Hands the schedules over, adds entries to their histories and to the audit, and returns their ids.
///
/// # Errors
/// The constraint `schedules_spaced` is violated if a writer that did not lock the key saved first.
pub fn hand_over(
    conn: &mut PgConnection,
    handover: Handover,
    scope: Scope,
    by: &Account,
) -> Result<Vec<ScheduleId>> {
    let Places { from, to } = handover.into();
    let moved = db::replanned(format!(
        "WITH leaving AS (
            SELECT s.id, s.department_id, s.attendant_id, {NEW_KEY} AS new_key FROM schedules s WHERE {IS_MOVED}),
         moved AS (
            UPDATE schedules s SET department_id = $3, attendant_id = coalesce($4, s.attendant_id),
                   spacing_key = leaving.new_key, version = s.version + 1, updated_at = clock_timestamp()
              FROM leaving WHERE leaving.id = s.id
            RETURNING s.id, s.version, CASE WHEN $4::bigint IS NULL THEN 'department_id' ELSE 'attendant_id' END AS field,
                CASE WHEN $4::bigint IS NULL THEN leaving.department_id ELSE leaving.attendant_id END AS before,
                coalesce($4, $3) AS after),
         recorded AS (
            INSERT INTO schedule_history (schedule_id, kind, actor_id, details)
            SELECT id, 'edited', $6, jsonb_build_object('version', version, 'fields', jsonb_build_array(field),
                   'values', jsonb_build_object(field, jsonb_build_array(before, after)))
              FROM moved ORDER BY id),
         audited AS (
            INSERT INTO audit (action, subject_id, actor_id, ip, details)
            SELECT 'schedule.edited', id, $6, $7, jsonb_build_object('fields', jsonb_build_array(field))
              FROM moved ORDER BY id)
         SELECT id FROM moved ORDER BY id"
    ))
    .bind(from.0)
    .bind(from.1)
    .bind(to.0)
    .bind(to.1)
    .bind(scope)
    .bind(by.id)
    .bind(&by.ip);
    Ok(moved.load(conn)?)
}
