//! SQL of tickets.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use serde_json::json;

use super::form::Reply;
use super::{OpenTicket, Ticket, may_close};
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::conversations::thread::{self, Kind, NewMessage};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{ContactId, DepartmentId, MessageId, TicketId, UserId};
use crate::live::{self, Event};

/// Maximum tickets shown beside a conversation, including the one in its head.
const OF_CONTACT: i64 = 11;

const TICKET: &str = "SELECT t.id, t.protocol, t.department_id, t.attendant_id, t.contact_id, t.status,
        d.name AS department, u.name AS attendant, t.opened_at
   FROM tickets t JOIN departments d ON d.id = t.department_id LEFT JOIN users u ON u.id = t.attendant_id";

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
}

/// The open ticket of `contact`, if any.
pub fn open_ticket_of(conn: &mut PgConnection, contact: ContactId) -> Result<Option<OpenTicket>> {
    Ok(db::prepared(
        "SELECT id, protocol, department_id, attendant_id FROM tickets
          WHERE contact_id = $1 AND status = 'open'",
    )
    .bind::<BigInt, _>(contact)
    .get_result(conn)
    .optional()?)
}

pub fn ticket(conn: &mut PgConnection, ticket: TicketId) -> Result<Ticket> {
    Ok(db::prepared(format!("{TICKET} WHERE t.id = $1")).bind::<BigInt, _>(ticket).get_result(conn)?)
}

/// The newest tickets of `contact`, newest first.
pub fn tickets_of(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<Ticket>> {
    Ok(db::prepared(format!("{TICKET} WHERE t.contact_id = $1 ORDER BY t.id DESC LIMIT {OF_CONTACT}"))
        .bind::<BigInt, _>(contact)
        .load(conn)?)
}

/// Locks the contact of `ticket` until the transaction ends. Everything that writes to a conversation takes
/// this lock first.
pub fn lock_contact_of(conn: &mut PgConnection, ticket: TicketId) -> Result<ContactId> {
    let row: ContactRow = db::prepared(
        "SELECT c.id AS contact_id FROM contacts c
          WHERE c.id = (SELECT contact_id FROM tickets WHERE id = $1) FOR NO KEY UPDATE",
    )
    .bind::<BigInt, _>(ticket)
    .get_result(conn)?;
    Ok(row.contact_id)
}

/// Locks a contact until the transaction ends. Everything that writes to a conversation takes this lock first.
pub fn lock_contact(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    db::prepared("SELECT FROM contacts WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<BigInt, _>(contact)
        .execute(conn)?;
    Ok(())
}

/// Locks the contact of `ticket` and returns the current ticket, if `viewer` attends it.
///
/// # Errors
/// `NotFound`, also if the viewer does not attend it.
pub fn lock_attended(conn: &mut PgConnection, viewer: &Account, ticket: TicketId) -> Result<Ticket> {
    lock_contact_of(conn, ticket)?;
    let ticket = self::ticket(conn, ticket)?;
    if may_close(viewer, &ticket.place) { Ok(ticket) } else { Err(Error::NotFound) }
}

/// Writes a reply or comment of `viewer` into a ticket whose contact is locked. Marks everything before it as
/// seen. A reply also makes `viewer` the attendant if there is none. `false` if the ticket is closed, unless
/// the message repeats one already written.
pub fn reply(conn: &mut PgConnection, viewer: UserId, ticket: &Ticket, reply: &Reply) -> Result<bool> {
    let takes = reply.kind == Kind::Attendant;
    let message = NewMessage {
        contact: ticket.contact_id,
        kind: reply.kind,
        author: Some(viewer),
        body: reply.body.clone(),
        client_key: reply.client_key,
    };
    if thread::queries::is_written(conn, &message)? {
        return Ok(true);
    }
    if !ticket.is_open() {
        return Ok(false);
    }
    let written = thread::queries::write(conn, ticket.place.id, &message)?;
    db::prepared(
        "UPDATE tickets SET seen_message_id = greatest(seen_message_id, $2),
                attendant_id = CASE WHEN $3 THEN coalesce(attendant_id, $4) ELSE attendant_id END
          WHERE id = $1",
    )
    .bind::<BigInt, _>(ticket.place.id)
    .bind::<BigInt, _>(written)
    .bind::<Bool, _>(takes)
    .bind::<BigInt, _>(viewer)
    .execute(conn)?;
    live::announce(conn, &Event::ConversationsChanged(vec![ticket.contact_id]))?;
    Ok(true)
}

/// Records that the team has seen the customer's messages of `ticket` up to `message`. The contact must be locked.
pub fn mark_seen(conn: &mut PgConnection, ticket: &Ticket, message: MessageId) -> Result<()> {
    let changed = db::prepared(
        "UPDATE tickets t SET seen_message_id = seen.id
           FROM (SELECT max(id) AS id FROM messages
                  WHERE ticket_id = $1 AND kind = 'customer' AND id <= $2) seen
          WHERE t.id = $1 AND seen.id > t.seen_message_id",
    )
    .bind::<BigInt, _>(ticket.place.id)
    .bind::<BigInt, _>(message)
    .execute(conn)?;
    match changed {
        0 => Ok(()),
        _ => live::announce(conn, &Event::ConversationsChanged(vec![ticket.contact_id])),
    }
}

#[derive(QueryableByName)]
struct MessageRow {
    #[diesel(sql_type = BigInt)]
    id: MessageId,
}

/// The id of the last message or event of `ticket`; 0 if there is none.
pub fn last_message(conn: &mut PgConnection, ticket: TicketId) -> Result<MessageId> {
    let row: MessageRow =
        db::prepared("SELECT coalesce(max(id), 0) AS id FROM messages WHERE ticket_id = $1")
            .bind::<BigInt, _>(ticket)
            .get_result(conn)?;
    Ok(row.id)
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    is_so: bool,
}

/// Whether somebody else wrote in `ticket` after `seen`, the last message on the viewer's page. If the page
/// does not say what it showed: whether the customer wrote something that nobody in the team has seen.
pub fn has_news(
    conn: &mut PgConnection,
    ticket: TicketId,
    seen: Option<MessageId>,
    viewer: UserId,
) -> Result<bool> {
    let row: Answer = db::prepared(
        "SELECT EXISTS (SELECT FROM messages m JOIN tickets t ON t.id = m.ticket_id
                         WHERE m.ticket_id = $1 AND m.id > coalesce($2, t.seen_message_id)
                           AND CASE WHEN $2 IS NULL THEN m.kind = 'customer'
                                    ELSE m.kind <> 'event' AND m.author_id IS DISTINCT FROM $3 END) AS is_so",
    )
    .bind::<BigInt, _>(ticket)
    .bind::<Nullable<BigInt>, _>(seen)
    .bind::<BigInt, _>(viewer)
    .get_result(conn)?;
    Ok(row.is_so)
}

/// A message to be read before its ticket is closed.
#[derive(Clone, Debug, QueryableByName)]
pub struct Unread {
    /// The name of its author; `None` if a schedule sent it.
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// Maximum unread messages shown. The query fetches one more, to know whether there are more.
pub const UNREAD: usize = 3;

/// The newest messages of `ticket` that nobody in the team has seen, and those that others wrote after
/// `seen`, oldest first.
pub fn unread(
    conn: &mut PgConnection,
    ticket: TicketId,
    seen: Option<MessageId>,
    viewer: UserId,
) -> Result<Vec<Unread>> {
    let mut newest: Vec<Unread> = db::prepared(format!(
        "SELECT CASE m.kind WHEN 'customer' THEN c.name ELSE u.name END AS author, m.body
           FROM messages m JOIN tickets t ON t.id = m.ticket_id JOIN contacts c ON c.id = m.contact_id
           LEFT JOIN users u ON u.id = m.author_id
          WHERE m.ticket_id = $1 AND m.kind <> 'event' AND m.id > least(t.seen_message_id, $2)
            AND ((m.kind = 'customer' AND m.id > t.seen_message_id)
                 OR (m.id > $2 AND m.author_id IS DISTINCT FROM $3))
          ORDER BY m.id DESC LIMIT {}",
        UNREAD + 1
    ))
    .bind::<BigInt, _>(ticket)
    .bind::<Nullable<BigInt>, _>(seen)
    .bind::<BigInt, _>(viewer)
    .load(conn)?;
    newest.reverse();
    Ok(newest)
}

#[derive(QueryableByName)]
struct Closer {
    #[diesel(sql_type = Nullable<BigInt>)]
    closed_by: Option<UserId>,
}

/// Whether `user` closed `ticket`.
pub fn is_closed_by(conn: &mut PgConnection, ticket: TicketId, user: UserId) -> Result<bool> {
    let row: Option<Closer> =
        db::prepared("SELECT closed_by FROM tickets WHERE id = $1 AND status = 'closed'")
            .bind::<BigInt, _>(ticket)
            .get_result(conn)
            .optional()?;
    Ok(row.is_some_and(|row| row.closed_by == Some(user)))
}

/// Which open tickets are handed over, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Those of an attendant in a department, to another attendant or back to the queue.
    Attendant { of: UserId, department: DepartmentId, to: Option<UserId> },
    /// Those of a department, to another department. They keep their attendants.
    Department { of: DepartmentId, to: DepartmentId },
}

#[derive(QueryableByName)]
struct HandedOver {
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
}

/// Hands over open tickets, within the caller's transaction, with audit and announcement. Returns their number.
pub fn hand_over(conn: &mut PgConnection, handover: Handover, by: &Account) -> Result<usize> {
    let (department, attendant) = match handover {
        Handover::Attendant { of, department, .. } => (department, Some(of)),
        Handover::Department { of, .. } => (of, None),
    };
    let (to, heir) = match handover {
        Handover::Attendant { department, to, .. } => (department, to),
        Handover::Department { to, .. } => (to, None),
    };
    let goes = "t.status = 'open' AND t.department_id = $1 AND ($2::bigint IS NULL OR t.attendant_id = $2)";
    let locked: Vec<HandedOver> = diesel::sql_query(format!(
        "SELECT c.id AS contact_id FROM contacts c WHERE c.id IN (SELECT t.contact_id FROM tickets t WHERE {goes})
          ORDER BY c.id FOR NO KEY UPDATE"
    ))
    .bind::<BigInt, _>(department)
    .bind::<Nullable<BigInt>, _>(attendant)
    .load(conn)?;
    let locked: Vec<ContactId> = locked.into_iter().map(|row| row.contact_id).collect();
    let moved: Vec<HandedOver> = diesel::sql_query(format!(
        "WITH moved AS (
            UPDATE tickets t SET department_id = $3,
                   attendant_id = CASE WHEN $2::bigint IS NULL THEN t.attendant_id ELSE $4::bigint END
             WHERE {goes} AND t.contact_id = ANY($5)
            RETURNING t.id, t.contact_id, t.department_id, t.attendant_id),
         audited AS (
            INSERT INTO audit (action, subject_id, actor_id, ip, details)
            SELECT 'ticket.handed_over', id, $6, $7,
                   jsonb_build_object('department_id', department_id, 'attendant_id', attendant_id)
              FROM moved ORDER BY id)
         SELECT contact_id FROM moved"
    ))
    .bind::<BigInt, _>(department)
    .bind::<Nullable<BigInt>, _>(attendant)
    .bind::<BigInt, _>(to)
    .bind::<Nullable<BigInt>, _>(heir)
    .bind::<Array<BigInt>, _>(locked)
    .bind::<BigInt, _>(by.id)
    .bind::<Text, _>(&by.ip)
    .load(conn)?;
    let contacts: Vec<ContactId> = moved.into_iter().map(|row| row.contact_id).collect();
    let count = contacts.len();
    live::announce(conn, &Event::ConversationsChanged(contacts))?;
    Ok(count)
}

/// Closes `ticket`, within the caller's transaction, with event, audit and announcement. `false` if it was
/// closed already; then nothing changes.
pub fn close(conn: &mut PgConnection, ticket: TicketId, by: &Account) -> Result<bool> {
    let contact = lock_contact_of(conn, ticket)?;
    let closed = db::prepared(
        "WITH closed AS (
            UPDATE tickets
               SET status = 'closed', closed_at = greatest(clock_timestamp(), opened_at), closed_by = $2
             WHERE id = $1 AND status = 'open'
            RETURNING id, contact_id, closed_at)
         INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, created_at)
         SELECT contact_id, id, 'event', 'ticket_closed', $2, closed_at FROM closed",
    )
    .bind::<BigInt, _>(ticket)
    .bind::<BigInt, _>(by.id)
    .execute(conn)?;
    if closed == 0 {
        return Ok(false);
    }
    let details = json!({ "contact_id": contact.0 });
    audit::record(conn, &Entry::of(Action::TicketClosed).by(by).about(Some(ticket.0)).with(details))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(true)
}
