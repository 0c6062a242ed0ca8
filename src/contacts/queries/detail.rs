//! One contact with everything that its page shows.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId, ScheduleId, TicketId, UserId};
use crate::schedules::Action;
use crate::schema::{contacts, departments, tickets};
use crate::tickets::TicketStatus;

/// Maximum tickets on a contact's page, and maximum schedules in a confirmation question.
const MAX_ROWS: i64 = 20;

db::row! {
    /// A contact, with the names of the records that it refers to.
    #[derive(Clone, Debug)]
    pub struct ContactDetail {
        pub id: ContactId,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub channel_id: ChannelId,
        pub channel_name: String,
        pub person_id: Option<PersonId>,
        pub person_name: Option<String>,
        pub department_id: Option<DepartmentId>,
        pub department_name: Option<String>,
        pub attendant_id: Option<UserId>,
        pub attendant_name: Option<String>,
        /// Whether the customer's link opens a page.
        pub has_chat: bool,
        pub link_version: i32,
        pub created_at: DateTime<Utc>,
        pub archived_at: Option<DateTime<Utc>>,
        pub anonymised_at: Option<DateTime<Utc>>,
        /// The contact that has its records now.
        pub merged_into: Option<ContactId>,
    }
}

pub fn detail(conn: &mut PgConnection, contact: ContactId) -> Result<ContactDetail> {
    // SQL text: conversations use the same condition `HAS_CHAT` in their statements.
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, c.phone, c.email, c.channel_id, ch.name AS channel_name, c.person_id,
                p.name AS person_name, c.default_department_id AS department_id, d.name AS department_name,
                c.default_attendant_id AS attendant_id, a.name AS attendant_name, {HAS_CHAT} AS has_chat,
                c.link_version, c.created_at, c.archived_at, c.anonymised_at, c.merged_into
           FROM contacts c
           JOIN channels ch ON ch.id = c.channel_id
           LEFT JOIN people p ON p.id = c.person_id
           LEFT JOIN departments d ON d.id = c.default_department_id
           LEFT JOIN users a ON a.id = c.default_attendant_id
          WHERE c.id = $1"
    ))
    .bind(contact)
    .get_result(conn)?)
}

/// Locks the contact's row until the end of the transaction, and returns the contact. Every writer of the
/// conversation takes this lock first. Fails with `Conflict` if the contact is anonymised or merged into another.
pub fn lock(conn: &mut PgConnection, contact: ContactId) -> Result<ContactDetail> {
    contacts::table.find(contact).select(contacts::id).for_no_key_update().execute(conn)?;
    let detail = detail(conn, contact)?;
    match detail.anonymised_at.is_some() || detail.merged_into.is_some() {
        true => Err(Error::Conflict),
        false => Ok(detail),
    }
}

/// A ticket in the list on the contact's page.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tickets)]
pub struct TicketLine {
    pub id: TicketId,
    pub protocol: i64,
    pub status: TicketStatus,
    #[diesel(select_expression = departments::name)]
    pub department: String,
    pub opened_at: DateTime<Utc>,
}

/// The newest tickets, newest first.
pub fn tickets(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<TicketLine>> {
    Ok(tickets::table
        .inner_join(departments::table)
        .filter(tickets::contact_id.eq(contact))
        .order(tickets::id.desc())
        .limit(MAX_ROWS)
        .select(TicketLine::as_select())
        .load(conn)?)
}

db::row! {
    /// A pending schedule that is affected when its contact changes.
    #[derive(Clone, Debug)]
    pub struct PendingSchedule {
        pub id: ScheduleId,
        pub action: Action,
        pub due_at: DateTime<Utc>,
        pub department: String,
        /// Number of all pending schedules of the contact, also those beyond the limit.
        pub total: i64,
    }
}

/// The contact's pending schedules, the earliest first.
pub fn pending_schedules(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<PendingSchedule>> {
    // SQL text: counts all of them in the same statement.
    Ok(db::prepared(format!(
        "SELECT s.id, s.action, s.due_at, d.name AS department, count(*) OVER () AS total
           FROM schedules s JOIN departments d ON d.id = s.department_id
          WHERE s.contact_id = $1 AND s.status = 'scheduled' ORDER BY s.due_at, s.id LIMIT {MAX_ROWS}"
    ))
    .bind(contact)
    .load(conn)?)
}
