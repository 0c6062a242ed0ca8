//! The rows of the CSV file.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::filter_values::{DELIVERY, FilterValues, bind_filters};
use super::page::ReadOrder;
use crate::db::{self, Cursor};
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::outbox::DeliveryState;
use crate::schedules::list::filters::Sort;
use crate::schedules::{Action, FailureReason, Status};

db::row! {
    #[derive(Debug)]
    pub struct ExportRow {
        pub id: ScheduleId,
        pub status: Status,
        pub due_at: DateTime<Utc>,
        pub contact_name: String,
        pub phone: String,
        pub email: String,
        pub channel_name: String,
        pub person_name: String,
        pub department_name: String,
        pub attendant_name: Option<String>,
        pub action: Action,
        pub comment: String,
        pub message: String,
        pub failure_reason: Option<FailureReason>,
        pub cancel_reason: String,
        pub protocol: Option<i64>,
        pub creator_name: String,
        pub created_at: DateTime<Utc>,
        pub finished_at: Option<DateTime<Utc>>,
        /// What became of its message; `None` if none was sent.
        pub delivery: Option<DeliveryState>,
    }
}

/// Rows per query.
const CHUNK: usize = 500;

/// The next rows after a cursor.
pub fn chunk(
    conn: &mut PgConnection,
    values: &FilterValues,
    sort: Sort,
    after: Option<Cursor>,
) -> Result<Vec<ExportRow>> {
    if values.are_impossible() {
        return Ok(Vec::new());
    }
    let reading = ReadOrder::new(sort, false, after.is_some());
    let query = format!(
        "SELECT s.id, s.status, s.due_at, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                coalesce(p.name, '') AS person_name, d.name AS department_name, a.name AS attendant_name,
                s.action, s.comment, s.message, s.failure_reason, coalesce(s.cancel_reason, '') AS cancel_reason,
                t.protocol, coalesce(u.name, '') AS creator_name, s.created_at, s.finished_at,
                {DELIVERY} AS delivery
           FROM ({}) s
           JOIN contacts c ON c.id = s.contact_id
           JOIN channels ch ON ch.id = coalesce(s.channel_id, c.channel_id)
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN people p ON p.id = s.person_id
           LEFT JOIN users a ON a.id = s.attendant_id
           LEFT JOIN users u ON u.id = s.created_by
           LEFT JOIN tickets t ON t.schedule_id = s.id {}",
        reading.rows(values, CHUNK),
        reading.order
    );
    let query =
        bind_filters(query, values).bind(after.map(|cursor| cursor.at)).bind(after.map(|cursor| cursor.id));
    Ok(query.load(conn)?)
}
