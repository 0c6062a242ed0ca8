//! The schedules that were ticked in the list.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::error::Result;
use crate::ids::{ContactId, ScheduleId};
use crate::schedules::Status;
use crate::schema::{contacts, schedules};

/// A schedule that was ticked in the list.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schedules)]
pub struct TickedSchedule {
    pub id: ScheduleId,
    #[diesel(select_expression = contacts::name)]
    pub contact_name: String,
    pub due_at: DateTime<Utc>,
    pub status: Status,
}

/// Those of `ids` that exist, in the order of their due times.
pub fn chosen(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<TickedSchedule>> {
    Ok(schedules::table
        .inner_join(contacts::table)
        .filter(schedules::id.eq_any(ids))
        .order((schedules::due_at, schedules::id))
        .select(TickedSchedule::as_select())
        .load(conn)?)
}

/// The contacts of the schedules `ids`.
pub fn contacts_of(conn: &mut PgConnection, ids: &[ScheduleId]) -> Result<Vec<ContactId>> {
    let contacts = schedules::table.filter(schedules::id.eq_any(ids)).select(schedules::contact_id);
    Ok(contacts.distinct().load(conn)?)
}
