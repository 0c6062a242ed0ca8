//! SQL of conversations.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz};

use super::readers::{readers, serves};
use super::thread::{self, Audience, Part, Window};
use crate::auth::Person;
use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, DepartmentId, ScheduleId, TicketId, UserId};
use crate::schedules::{self, Action, Status};
use crate::tickets::{self, Ticket};

/// How many schedules the contact's side shows.
const SCHEDULES: i64 = 5;

/// What a conversation is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The conversation as it stands, with the newest ticket in its head.
    Contact(ContactId),
    /// The conversation with that ticket in its head.
    Ticket(TicketId),
}

/// The customer, as the team sees them.
#[derive(Clone, Debug, QueryableByName)]
pub struct Contact {
    #[diesel(sql_type = BigInt)]
    pub id: ContactId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub person: Option<String>,
    /// Nothing is planned for an archived contact.
    #[diesel(sql_type = Bool)]
    pub is_archived: bool,
    /// Whether the customer's link opens a page.
    #[diesel(sql_type = Bool)]
    pub has_chat: bool,
    #[diesel(sql_type = Integer)]
    pub link_version: i32,
    /// Where the contact's first ticket waits.
    #[diesel(sql_type = BigInt)]
    pub first_queue: DepartmentId,
}

/// A schedule of the contact, as its side shows it.
#[derive(Clone, Debug, QueryableByName)]
pub struct ContactSchedule {
    #[diesel(sql_type = BigInt)]
    pub id: ScheduleId,
    #[diesel(sql_type = Text)]
    pub action: Action,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
}

/// All that a conversation's page shows.
pub struct Conversation {
    pub contact: Contact,
    /// The ticket in the head; none if the contact never had one.
    pub ticket: Option<Ticket>,
    /// The contact's tickets, newest first, as many as the side shows.
    pub tickets: Vec<Ticket>,
    pub part: Part,
    pub schedules: Vec<ContactSchedule>,
}

/// The conversation that `viewer` asks for.
///
/// # Errors
/// `NotFound` if there is none or the viewer may not read it, or the database is unreachable.
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

/// The part of a thread that an open page lacks, and what tells whether the rest of it is stale.
pub struct Update {
    pub contact: String,
    pub part: Part,
    /// The messages just before, whose receipts may have changed.
    pub shown: Part,
    pub newest_ticket: Option<Ticket>,
}

/// # Errors
/// `NotFound` if the viewer may not read the conversation, or the database is unreachable.
pub fn update(conn: &mut PgConnection, viewer: UserId, contact: ContactId, window: Window) -> Result<Update> {
    ensure_reader(conn, viewer, contact)?;
    let shown = match window {
        Window::After(id) => Window::Before(crate::ids::MessageId(id.0.saturating_add(1))),
        other => other,
    };
    Ok(Update {
        contact: contact_of(conn, contact)?.name,
        part: thread::queries::part(conn, contact, Audience::Team(viewer), window)?,
        shown: thread::queries::part(conn, contact, Audience::Customer, shown)?,
        newest_ticket: tickets::queries::tickets_of(conn, contact)?.into_iter().next(),
    })
}

/// Whether `viewer` serves the contact, and so may be shown the customer's link.
pub fn is_served_by(conn: &mut PgConnection, viewer: &Person, contact: ContactId) -> Result<bool> {
    let newest = tickets::queries::tickets_of(conn, contact)?.into_iter().next();
    let contact = contact_of(conn, contact)?;
    Ok(serves(viewer, newest.as_ref(), contact.first_queue))
}

fn ensure_reader(conn: &mut PgConnection, viewer: UserId, contact: ContactId) -> Result<()> {
    match readers(conn, contact, &[viewer])?.is_empty() {
        true => Err(Error::NotFound),
        false => Ok(()),
    }
}

fn contact_of(conn: &mut PgConnection, contact: ContactId) -> Result<Contact> {
    Ok(db::prepared(format!(
        "SELECT c.id, c.name, c.phone, c.email, p.name AS person, c.link_version,
                ch.default_department_id AS first_queue,
                {HAS_CHAT} AS has_chat, c.archived_at IS NOT NULL AS is_archived
           FROM contacts c JOIN channels ch ON ch.id = c.channel_id LEFT JOIN people p ON p.id = c.person_id
          WHERE c.id = $1"
    ))
    .bind::<BigInt, _>(contact)
    .get_result(conn)?)
}

/// The newest schedules of `contact` that `viewer` may read, the latest first.
pub fn schedules_of(
    conn: &mut PgConnection,
    viewer: UserId,
    contact: ContactId,
) -> Result<Vec<ContactSchedule>> {
    Ok(db::prepared(format!(
        "SELECT s.id, s.action, s.status, s.due_at FROM schedules s
          WHERE s.contact_id = $1 AND {} ORDER BY s.due_at DESC, s.id DESC LIMIT {SCHEDULES}",
        schedules::is_readable("$2")
    ))
    .bind::<BigInt, _>(contact)
    .bind::<BigInt, _>(viewer)
    .load(conn)?)
}
