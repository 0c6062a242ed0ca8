//! Cancels several schedules at once.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};

use crate::error::Result;
use crate::ids::{ContactId, ScheduleId, UserId};
use crate::schedules::Status;
use crate::schedules::cancel::Reason;

/// A schedule that was ticked in the list.
#[derive(Clone, Debug, QueryableByName)]
pub struct TickedSchedule {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Text)]
    pub contact_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub status: Status,
}

/// Those of `ids` that exist, in the order of their due times.
pub fn chosen(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<TickedSchedule>> {
    Ok(diesel::sql_query(
        "SELECT s.id, c.name AS contact_name, s.due_at, s.status
           FROM schedules s JOIN contacts c ON c.id = s.contact_id
          WHERE s.id = ANY ($1) ORDER BY s.due_at, s.id",
    )
    .bind::<Array<BigInt>, _>(ids)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = BigInt)]
    id: ContactId,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: ScheduleId,
}

/// The contacts of the schedules `ids`.
pub fn contacts_of(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<ContactId>> {
    let rows: Vec<ContactRow> =
        diesel::sql_query("SELECT DISTINCT contact_id AS id FROM schedules WHERE id = ANY ($1)")
            .bind::<Array<BigInt>, _>(ids)
            .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
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
    diesel::sql_query("SELECT id FROM schedules WHERE id = ANY ($1) ORDER BY id FOR UPDATE")
        .bind::<Array<BigInt>, _>(ids)
        .execute(conn)?;
    let rows: Vec<IdRow> = diesel::sql_query(
        "WITH cancelled AS (
            UPDATE schedules SET status = 'cancelled', cancel_reason = nullif($2, ''),
                   finished_at = clock_timestamp(), updated_at = clock_timestamp(), version = version + 1
             WHERE id = ANY ($1) AND status = 'scheduled' RETURNING id),
         recorded AS (
            INSERT INTO schedule_history (schedule_id, kind, actor_id)
            SELECT id, 'cancelled', $3 FROM cancelled ORDER BY id)
         SELECT id FROM cancelled ORDER BY id",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Text, _>(reason.as_str())
    .bind::<BigInt, _>(by)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
