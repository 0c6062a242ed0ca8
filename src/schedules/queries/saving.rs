//! Statements that create and cancel. The caller runs all of them in one transaction.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::dsl::exists;
use diesel::pg::PgConnection;
use diesel::pg::data_types::PgInterval;
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{self, clock_timestamp};
use crate::error::Result;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId, ScheduleId, UserId};
use crate::schedules::cancel::Reason;
use crate::schedules::draft::ScheduleDraft;
use crate::schedules::spacing::{Conflict, Scope, Spacing};
use crate::schedules::{Action, Status};
use crate::schema::{contacts, schedule_history, schedules, settings};

/// The company's spacing. Locks the setting, so that it cannot change until the transaction ends.
pub fn spacing(conn: &mut PgConnection) -> Result<Spacing> {
    // SQL text here and in `lock_keys`: the query builder has no advisory locks.
    db::prepared("SELECT pg_advisory_xact_lock_shared(hashtext('pontual.spacing'))").execute(conn)?;
    let (minutes, scope) = settings::table
        .select((settings::spacing_minutes, settings::spacing_scope))
        .first::<(i32, Scope)>(conn)?;
    Ok(Spacing { minutes, scope })
}

/// Locks the contact of a schedule that is about to be saved. Closing its ticket and copying its name into
/// `schedule_texts` need this. Must run before [`lock_keys`]: a transaction that waits for a contact while it
/// holds a spacing key stops everybody else from saving.
pub fn lock_contact(conn: &mut PgConnection, contact: ContactId, closes_ticket: bool) -> Result<()> {
    let contact = contacts::table.find(contact).select(contacts::id);
    match closes_ticket {
        true => contact.for_no_key_update().execute(conn)?,
        false => contact.for_share().execute(conn)?,
    };
    Ok(())
}

/// Locks these spacing keys, always in the same order, so that writers of the same key wait for each other
/// before they write. Without this the exclusion constraint is just as safe, but concurrent writers deadlock.
pub fn lock_keys(conn: &mut PgConnection, keys: impl IntoIterator<Item = i64>) -> Result<()> {
    for key in keys.into_iter().collect::<BTreeSet<_>>() {
        // SQL text: the builder has no advisory locks.
        db::prepared("SELECT pg_advisory_xact_lock(hashtext('pontual.spacing_key'), hashint8($1))")
            .bind(key)
            .execute(conn)?;
    }
    Ok(())
}

db::row! {
    /// A schedule that an earlier submission of a form saved.
    #[derive(Clone, Copy, Debug)]
    pub struct SavedByForm {
        pub id: ScheduleId,
        pub status: Status,
        /// Whether somebody has changed it since.
        pub is_edited: bool,
    }
}

/// The schedule that an earlier submission of this form saved. A change of the company's spacing does not
/// count as an edit: it changes nothing that a form says.
pub fn saved_by_form(conn: &mut PgConnection, form_key: Uuid) -> Result<Option<SavedByForm>> {
    // SQL text: the condition looks into JSON.
    Ok(db::prepared(
        "SELECT s.id, s.status,
                EXISTS (SELECT FROM schedule_history h WHERE h.schedule_id = s.id AND h.kind = 'edited'
                           AND h.details->'fields' <> '[\"spacing_exempt\"]') AS is_edited
           FROM schedules s WHERE s.form_key = $1",
    )
    .bind(form_key)
    .get_result(conn)
    .optional()?)
}

db::row! {
    struct ConflictRow {
        id: ScheduleId,
        contact_name: String,
        due_at: DateTime<Utc>,
        free_before: Option<DateTime<Utc>>,
        free_after: Option<DateTime<Utc>>,
    }
}

/// A wanted time among the pending schedules of a spacing key.
#[derive(Clone, Copy, Debug)]
pub struct WantedTime {
    pub key: i64,
    pub gap: Duration,
    pub at: DateTime<Utc>,
    /// The schedule that is being moved: it does not conflict with itself.
    pub except: Option<ScheduleId>,
}

/// The nearest pending schedule of the key that is closer to the wanted time than the gap, with the nearest
/// free whole minutes before (in the future) and after. `None` if the time is free.
pub fn conflict(conn: &mut PgConnection, wanted: WantedTime) -> Result<Option<Conflict>> {
    if wanted.gap <= Duration::zero() {
        return Ok(None);
    }
    // SQL text: looks for the nearest free times in both directions.
    let row: Option<ConflictRow> = db::prepared(include_str!("conflict.sql"))
        .bind(wanted.key)
        .bind(wanted.at)
        .bind(interval(wanted.gap))
        .bind(wanted.except)
        .get_result(conn)
        .optional()?;
    Ok(row.map(|row| Conflict {
        with: row.id,
        contact_name: row.contact_name,
        due_at: row.due_at,
        before: row.free_before,
        after: row.free_after,
    }))
}

/// Whether the pending schedule already has this time and key.
pub fn has_time_and_key(
    conn: &mut PgConnection,
    id: ScheduleId,
    at: DateTime<Utc>,
    key: i64,
) -> Result<bool> {
    let held = schedules::table
        .find(id)
        .filter(schedules::status.eq(Status::Scheduled))
        .filter(schedules::due_at.eq(at))
        .filter(schedules::spacing_key.eq(key));
    Ok(diesel::select(exists(held)).get_result(conn)?)
}

/// The columns that a form fills in.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = schedules, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct FormColumns<'a> {
    contact_id: ContactId,
    channel_id: Option<ChannelId>,
    person_id: Option<PersonId>,
    department_id: DepartmentId,
    attendant_id: Option<UserId>,
    action: Action,
    due_at: DateTime<Utc>,
    due_local: NaiveDateTime,
    due_zone: &'static str,
    message: &'a str,
    comment: &'a str,
    spacing_key: i64,
    min_gap: PgInterval,
}

impl<'a> FormColumns<'a> {
    pub fn new(draft: &'a ScheduleDraft, spacing: Spacing) -> Self {
        Self {
            contact_id: draft.contact,
            channel_id: draft.channel,
            person_id: draft.person,
            department_id: draft.department,
            attendant_id: draft.attendant,
            action: draft.action,
            due_at: draft.due_at,
            due_local: draft.due_local,
            due_zone: draft.zone.name(),
            message: &draft.message,
            comment: &draft.comment,
            spacing_key: spacing.key(draft.department, draft.attendant, draft.contact),
            min_gap: interval(spacing.gap()),
        }
    }
}

/// Inserts the schedule and the first entry of its history.
///
/// # Errors
/// The constraint `schedules_spaced` is violated if a writer that did not lock the key saved first.
pub fn insert(
    conn: &mut PgConnection,
    draft: &ScheduleDraft,
    form_key: Uuid,
    spacing: Spacing,
    creator: UserId,
) -> Result<ScheduleId> {
    let id = diesel::insert_into(schedules::table)
        .values((
            FormColumns::new(draft, spacing),
            schedules::form_key.eq(form_key),
            schedules::created_by.eq(creator),
            schedules::rescheduled_from.eq(draft.rescheduled_from),
        ))
        .returning(schedules::id)
        .get_result::<ScheduleId>(conn)?;
    let details = match draft.from_ticket {
        Some(ticket) => serde_json::json!({ "ticket_id": ticket }),
        None => serde_json::json!({}),
    };
    add_history(conn, id, "created", creator, &details)?;
    Ok(id)
}

/// Cancels a pending schedule. Returns `false` if it is no longer pending.
pub fn cancel(conn: &mut PgConnection, schedule: ScheduleId, by: UserId, reason: &Reason) -> Result<bool> {
    let cancelled = diesel::update(schedules::table.find(schedule))
        .filter(schedules::status.eq(Status::Scheduled))
        .set((
            schedules::status.eq(Status::Cancelled),
            schedules::cancel_reason.eq(Some(reason.as_str()).filter(|reason| !reason.is_empty())),
            schedules::finished_at.eq(clock_timestamp().nullable()),
            schedules::updated_at.eq(clock_timestamp()),
            schedules::version.eq(schedules::version + 1),
        ))
        .execute(conn)?;
    if cancelled == 1 {
        add_history(conn, schedule, "cancelled", by, &serde_json::json!({}))?;
    }
    Ok(cancelled == 1)
}

/// Cancels those of `ids` that are still pending, and returns them. Rows are locked in the order of their
/// ids, as everywhere that several rows are locked. The second statement sees the changes that the lock
/// waited for.
pub fn cancel_all(
    conn: &mut PgConnection,
    ids: &[ScheduleId],
    by: UserId,
    reason: &Reason,
) -> Result<Vec<ScheduleId>> {
    schedules::table
        .filter(schedules::id.eq_any(ids))
        .select(schedules::id)
        .order(schedules::id)
        .for_update()
        .execute(conn)?;
    // SQL text: one statement changes the rows and adds their history.
    let cancelled = db::replanned(
        "WITH cancelled AS (
            UPDATE schedules SET status = 'cancelled', cancel_reason = nullif($2, ''),
                   finished_at = clock_timestamp(), updated_at = clock_timestamp(), version = version + 1
             WHERE id = ANY ($1) AND status = 'scheduled' RETURNING id),
         recorded AS (
            INSERT INTO schedule_history (schedule_id, kind, actor_id)
            SELECT id, 'cancelled', $3 FROM cancelled ORDER BY id)
         SELECT id FROM cancelled ORDER BY id",
    )
    .bind(ids)
    .bind(reason.as_str())
    .bind(by);
    Ok(cancelled.load(conn)?)
}

pub fn add_history(
    conn: &mut PgConnection,
    schedule: ScheduleId,
    kind: &str,
    actor: UserId,
    details: &Value,
) -> Result<()> {
    diesel::insert_into(schedule_history::table)
        .values((
            schedule_history::schedule_id.eq(schedule),
            schedule_history::kind.eq(kind),
            schedule_history::actor_id.eq(actor),
            schedule_history::details.eq(details),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval::from_microseconds(duration.num_microseconds().unwrap_or(i64::MAX))
}
