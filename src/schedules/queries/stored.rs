//! The row of a schedule.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::{Error, Result};
use crate::ids::{AttachmentId, ChannelId, ContactId, DepartmentId, PersonId, ScheduleId, UserId};
use crate::schedules::{Action, Status};

db::row! {
    /// The row of a schedule.
    #[derive(Clone, Debug)]
    pub struct Stored {
        pub id: ScheduleId,
        pub version: i32,
        pub status: Status,
        pub person_id: Option<PersonId>,
        pub contact_id: ContactId,
        /// `None` for the first channel of the contact.
        pub channel_id: Option<ChannelId>,
        pub department_id: DepartmentId,
        pub attendant_id: Option<UserId>,
        pub action: Action,
        pub due_at: DateTime<Utc>,
        pub message: String,
        pub comment: String,
        pub spacing_key: i64,
        pub spacing_exempt: bool,
        /// Its files, by id.
        pub files: Vec<AttachmentId>,
    }
}

/// SQL text: the query builder has no arrays of other tables' rows.
const STORED: &str =
    "SELECT id, version, status, person_id, contact_id, channel_id, department_id, attendant_id, action, due_at,
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
    let found = db::prepared(sql).bind(schedule).get_result(conn).optional()?;
    found.ok_or(Error::NotFound)
}
