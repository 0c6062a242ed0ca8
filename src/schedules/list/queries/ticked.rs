//! The schedules that were ticked in the list.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};

use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, ScheduleId};
use crate::schedules::Status;

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

/// The contacts of the schedules `ids`.
pub fn contacts_of(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<ContactId>> {
    let query = db::replanned("SELECT DISTINCT contact_id FROM schedules WHERE id = ANY ($1)");
    Ok(query.bind::<Array<BigInt>, _>(ids).by_position::<BigInt>().load(conn)?)
}
