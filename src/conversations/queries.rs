//! SQL of conversations: what their page shows, and what an attendant may do in them. Entries are in
//! `thread/queries.rs`.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::readers::{readers, serves};
use super::thread::{self, Audience, Part, Window};
use crate::auth::Account;
use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, DepartmentId, MessageId, ScheduleId, TicketId, UserId};
use crate::schedules::{self, Action, Status};
use crate::tickets::{self, Ticket};

/// Maximum schedules shown beside the conversation.
const SCHEDULE_LIMIT: i64 = 5;

/// Maximum messages that a customer may write per minute.
const MESSAGES_PER_MINUTE: i64 = 30;

/// How a request names a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// By contact, with the newest ticket in the head of the page.
    Contact(ContactId),
    /// By ticket, with that ticket in the head of the page.
    Ticket(TicketId),
}

db::row! {
    /// The customer, as the team sees them.
    #[derive(Clone, Debug)]
    pub struct Contact {
        pub id: ContactId,
        pub name: String,
        pub phone: String,
        pub email: String,
        pub person: Option<String>,
        /// No schedules can be created for an archived contact.
        pub is_archived: bool,
        /// Whether the customer's link opens a page.
        pub has_chat: bool,
        pub link_version: i32,
        /// The department in which the contact's first ticket waits.
        pub default_department: DepartmentId,
    }
}

db::row! {
    /// A schedule of the contact, as shown beside the conversation.
    #[derive(Clone, Debug)]
    pub struct ContactSchedule {
        pub id: ScheduleId,
        pub action: Action,
        pub status: Status,
        pub due_at: DateTime<Utc>,
    }
}

/// Everything that a conversation's page shows.
pub struct Conversation {
    pub contact: Contact,
    /// The ticket in the head of the page; `None` if the contact never had one.
    pub ticket: Option<Ticket>,
    /// The contact's newest tickets, newest first, up to the number shown beside the conversation.
    pub tickets: Vec<Ticket>,
    pub part: Part,
    pub schedules: Vec<ContactSchedule>,
}

/// The conversation that `viewer` requests.
///
/// # Errors
/// `NotFound`, also if the viewer may not read it.
pub fn conversation(
    conn: &mut PgConnection,
    viewer: UserId,
    subject: Subject,
    window: Window,
) -> Result<Conversation> {
    let (contact, asked) = match subject {
        Subject::Contact(contact) => (contact, None),
        Subject::Ticket(ticket) => {
            let ticket = tickets::queries::ticket(conn, ticket)?;
            (ticket.contact_id, Some(ticket))
        }
    };
    ensure_reader(conn, viewer, contact)?;
    let tickets = tickets::queries::tickets_of(conn, contact)?;
    Ok(Conversation {
        contact: contact_of(conn, contact)?,
        ticket: asked.or_else(|| tickets.first().cloned()),
        tickets,
        part: thread::queries::part(conn, contact, Audience::Team(viewer), window)?,
        schedules: schedules_of(conn, viewer, contact)?,
    })
}

/// The part of a thread that an open page is missing, and what shows whether the rest of the page is out of date.
pub struct Update {
    pub contact: String,
    pub part: Part,
    /// The messages before that part. Their receipts may have changed.
    pub shown: Part,
    pub newest_ticket: Option<Ticket>,
}

/// # Errors
/// `NotFound`, also if the viewer may not read the conversation.
pub fn update(conn: &mut PgConnection, viewer: UserId, contact: ContactId, window: Window) -> Result<Update> {
    ensure_reader(conn, viewer, contact)?;
    let shown = match window {
        Window::After(id) => Window::Before(MessageId(id.0.saturating_add(1))),
        other => other,
    };
    Ok(Update {
        contact: contact_of(conn, contact)?.name,
        part: thread::queries::part(conn, contact, Audience::Team(viewer), window)?,
        shown: thread::queries::part(conn, contact, Audience::Customer, shown)?,
        newest_ticket: tickets::queries::tickets_of(conn, contact)?.into_iter().next(),
    })
}

/// Whether `viewer` serves the contact, and so may see the customer's link.
pub fn is_served_by(conn: &mut PgConnection, viewer: &Account, contact: ContactId) -> Result<bool> {
    let newest = tickets::queries::tickets_of(conn, contact)?.into_iter().next();
    let contact = contact_of(conn, contact)?;
    Ok(serves(viewer, newest.as_ref(), contact.default_department))
}

fn ensure_reader(conn: &mut PgConnection, viewer: UserId, contact: ContactId) -> Result<()> {
    match readers(conn, contact, &[viewer])?.is_empty() {
        true => Err(Error::NotFound),
        false => Ok(()),
    }
}

fn contact_of(conn: &mut PgConnection, contact: ContactId) -> Result<Contact> {
    // SQL text: the condition `HAS_CHAT` is shared as text.
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, c.phone, c.email, p.name AS person, c.link_version,
                ch.default_department_id AS default_department,
                {HAS_CHAT} AS has_chat, c.archived_at IS NOT NULL AS is_archived
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id LEFT JOIN people p ON p.id = c.person_id
          WHERE c.id = $1"
    ))
    .bind(contact)
    .get_result(conn)?)
}

/// The schedules of `contact` with the latest due times that `viewer` may read, latest first.
pub fn schedules_of(
    conn: &mut PgConnection,
    viewer: UserId,
    contact: ContactId,
) -> Result<Vec<ContactSchedule>> {
    // SQL text: the condition `is_readable` is shared as text.
    Ok(db::prepared(format!(
        "SELECT s.id, s.action, s.status, s.due_at FROM schedules s
          WHERE s.contact_id = $1 AND {} ORDER BY s.due_at DESC, s.id DESC LIMIT {SCHEDULE_LIMIT}",
        schedules::is_readable("$2")
    ))
    .bind(contact)
    .bind(viewer)
    .load(conn)?)
}

/// Whether the customer wrote the maximum number of messages within the last minute.
pub fn has_written_too_much(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    // Counts within a subquery that stops at the maximum. The builder has no subqueries in FROM.
    Ok(db::prepared(
        "SELECT count(*) >= $2
           FROM (SELECT created_at FROM messages WHERE contact_id = $1 AND kind = 'customer'
                  ORDER BY id DESC LIMIT $2) newest
          WHERE created_at > clock_timestamp() - interval '1 minute'",
    )
    .bind(contact)
    .bind(MESSAGES_PER_MINUTE)
    .get_result(conn)?)
}
