//! The rows of the CSV file.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};

use super::filter_values::{FilterValues, bind_filters};
use super::page::ReadOrder;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::schedules::list::filters::Sort;
use crate::schedules::{Action, FailureReason, Status};
use crate::web::Cursor;

#[derive(Debug, QueryableByName)]
pub struct ExportRow {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub contact_name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub channel_name: String,
    #[diesel(sql_type = Text)]
    pub person_name: String,
    #[diesel(sql_type = Text)]
    pub department_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub attendant_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub action: Action,
    #[diesel(sql_type = Text)]
    pub comment: String,
    #[diesel(sql_type = Text)]
    pub message: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub failure_reason: Option<FailureReason>,
    #[diesel(sql_type = Text)]
    pub cancel_reason: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub protocol: Option<i64>,
    #[diesel(sql_type = Text)]
    pub creator_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
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
    let reading = ReadOrder::new(sort, false, after.is_some());
    let query = format!(
        "SELECT s.id, s.status, s.due_at, c.name AS contact_name, c.phone, c.email, ch.name AS channel_name,
                coalesce(p.name, '') AS person_name, d.name AS department_name, a.name AS attendant_name,
                s.action, s.comment, s.message, s.failure_reason, coalesce(s.cancel_reason, '') AS cancel_reason,
                t.protocol, coalesce(u.name, '') AS creator_name, s.created_at, s.finished_at
           FROM ({}) s
           JOIN contacts c ON c.id = s.contact_id
           JOIN channels ch ON ch.id = c.channel_id
           JOIN departments d ON d.id = s.department_id
           LEFT JOIN people p ON p.id = s.person_id
           LEFT JOIN users a ON a.id = s.attendant_id
           LEFT JOIN users u ON u.id = s.created_by
           LEFT JOIN tickets t ON t.schedule_id = s.id {}",
        reading.rows(values, CHUNK),
        reading.order
    );
    let query = bind_filters(query, values)
        .bind::<Nullable<Timestamptz>, _>(after.map(|cursor| cursor.at))
        .bind::<Nullable<BigInt>, _>(after.map(|cursor| cursor.id));
    Ok(query.load(conn)?)
}
