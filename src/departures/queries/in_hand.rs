//! The pending schedules and open tickets of an attendant or department.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};

use crate::error::Result;
use crate::ids::{DepartmentId, ScheduleId, TicketId, UserId};

/// Who or what leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaver<'a> {
    Attendant(UserId),
    /// An attendant who leaves only these departments.
    Member(UserId, &'a [DepartmentId]),
    Department(DepartmentId),
}

impl Leaver<'_> {
    /// The SQL condition on `row` for work of the leaver, and the id for its `$1`.
    fn condition_and_id(self, row: &str) -> (String, i64) {
        match self {
            Self::Attendant(id) => (format!("{row}.attendant_id = $1"), id.0),
            Self::Member(id, departments) => {
                let ids: Vec<String> = departments.iter().map(DepartmentId::to_string).collect();
                let of_them = format!("{row}.department_id = ANY('{{{}}}')", ids.join(","));
                (format!("{row}.attendant_id = $1 AND {of_them}"), id.0)
            }
            Self::Department(id) => (format!("{row}.department_id = $1"), id.0),
        }
    }
}

/// A pending schedule.
#[derive(Clone, Debug, QueryableByName)]
pub struct PendingSchedule {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Text)]
    pub contact: String,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
}

/// An open ticket.
#[derive(Clone, Debug, QueryableByName)]
pub struct OpenTicket {
    #[diesel(sql_type = BigInt)]
    pub id: TicketId,
    #[diesel(sql_type = BigInt)]
    pub protocol: i64,
    #[diesel(sql_type = BigInt)]
    pub department_id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub contact: String,
}

/// The number of schedules and tickets, and the first of each.
#[derive(Clone, Debug)]
pub struct InHand {
    pub schedules: i64,
    pub tickets: i64,
    pub next_schedules: Vec<PendingSchedule>,
    pub first_tickets: Vec<OpenTicket>,
}

/// Maximum shown of each.
const SHOWN: i64 = 5;

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    schedules: i64,
    #[diesel(sql_type = BigInt)]
    tickets: i64,
}

/// The work of `leaver`.
pub fn in_hand(conn: &mut PgConnection, leaver: Leaver<'_>) -> Result<InHand> {
    let (of_schedules, id) = leaver.condition_and_id("s");
    let (of_tickets, _) = leaver.condition_and_id("t");
    let counts: CountRow = diesel::sql_query(format!(
        "SELECT (SELECT count(*) FROM schedules s WHERE {of_schedules} AND status = 'scheduled') AS schedules,
                (SELECT count(*) FROM tickets t WHERE {of_tickets} AND status = 'open') AS tickets"
    ))
    .bind::<BigInt, _>(id)
    .get_result(conn)?;
    let next_schedules = diesel::sql_query(format!(
        "SELECT s.id, c.name AS contact, s.due_at FROM schedules s JOIN contacts c ON c.id = s.contact_id
          WHERE {of_schedules} AND s.status = 'scheduled' ORDER BY s.due_at, s.id LIMIT $2"
    ))
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(SHOWN)
    .load(conn)?;
    let first_tickets = diesel::sql_query(format!(
        "SELECT t.id, t.protocol, t.department_id, c.name AS contact
           FROM tickets t JOIN contacts c ON c.id = t.contact_id
          WHERE {of_tickets} AND t.status = 'open' ORDER BY t.id LIMIT $2"
    ))
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(SHOWN)
    .load(conn)?;
    Ok(InHand { schedules: counts.schedules, tickets: counts.tickets, next_schedules, first_tickets })
}
