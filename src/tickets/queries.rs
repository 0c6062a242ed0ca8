//! SQL of tickets: finding and opening one, reading, closing, and handing over.

use diesel::dsl::{exists, max, select, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Handover, OpenTicket, Ticket, TicketStatus};
use crate::auth::Account;
use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, DepartmentId, MessageId, TicketId, UserId};
use crate::schema::{contacts, departments, messages, tickets, users};

/// Maximum tickets shown beside a conversation, including the one in its head.
const TICKET_LIMIT: i64 = 11;

/// The open ticket of `contact`, if any.
pub fn open_ticket_of(conn: &mut PgConnection, contact: ContactId) -> Result<Option<OpenTicket>> {
    Ok(tickets::table
        .filter(tickets::contact_id.eq(contact))
        // A bound value would not let the planner use the index of open tickets.
        .filter(sql::<Bool>("status = 'open'"))
        .select(OpenTicket::as_select())
        .first(conn)
        .optional()?)
}

#[diesel::dsl::auto_type]
fn with_names() -> _ {
    tickets::table
        .inner_join(departments::table)
        .left_join(users::table.on(users::id.nullable().eq(tickets::attendant_id)))
}

pub fn ticket(conn: &mut PgConnection, ticket: TicketId) -> Result<Ticket> {
    Ok(with_names().filter(tickets::id.eq(ticket)).select(Ticket::as_select()).first(conn)?)
}

/// The newest tickets of `contact`, newest first.
pub fn tickets_of(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<Ticket>> {
    Ok(with_names()
        .filter(tickets::contact_id.eq(contact))
        .order(tickets::id.desc())
        .limit(TICKET_LIMIT)
        .select(Ticket::as_select())
        .load(conn)?)
}

/// Locks the contact of `ticket` until the transaction ends. Everything that writes to a conversation takes
/// this lock first.
pub fn lock_contact_of(conn: &mut PgConnection, ticket: TicketId) -> Result<ContactId> {
    let contact = tickets::table.find(ticket).select(tickets::contact_id).single_value();
    Ok(contacts::table
        .filter(contacts::id.nullable().eq(contact))
        .select(contacts::id)
        .for_no_key_update()
        .first(conn)?)
}

/// Locks a contact until the transaction ends. Everything that writes to a conversation takes this lock first.
pub fn lock_contact(conn: &mut PgConnection, contact: ContactId) -> Result<()> {
    contacts::table.find(contact).select(contacts::id).for_no_key_update().execute(conn)?;
    Ok(())
}

/// Opens a ticket in the queue of the department that last served the contact, if it is active. Otherwise in
/// the channel's default department. `ip` is the customer's network address.
pub fn open(conn: &mut PgConnection, contact: ContactId, ip: &str) -> Result<TicketId> {
    // One statement for the ticket and its event. The builder has no WITH.
    Ok(db::prepared(
        "WITH opened AS (
            INSERT INTO tickets (contact_id, opened_from, department_id)
            SELECT c.id, $2, coalesce(
                    (SELECT d.id FROM departments d
                      WHERE d.deactivated_at IS NULL
                        AND d.id = (SELECT department_id FROM tickets t WHERE t.contact_id = c.id
                                     ORDER BY t.id DESC LIMIT 1)),
                    ch.default_department_id)
              FROM contacts c JOIN channels ch ON ch.id = c.channel_id WHERE c.id = $1
            RETURNING id, contact_id, opened_at)
         INSERT INTO messages (contact_id, ticket_id, kind, event, created_at)
         SELECT contact_id, id, 'event', 'ticket_opened', opened_at FROM opened
         RETURNING ticket_id",
    )
    .bind(contact)
    .bind(ip)
    .get_result(conn)?)
}

/// Closes `ticket` and writes the event into its conversation. `false` if it was closed already. `by` is `None` if no
/// user closes it.
pub fn close(conn: &mut PgConnection, ticket: TicketId, by: Option<UserId>) -> Result<bool> {
    // One statement for the ticket and its event. The builder has no WITH.
    let closed = db::prepared(
        "WITH closed AS (
            UPDATE tickets
               SET status = 'closed', closed_at = greatest(clock_timestamp(), opened_at), closed_by = $2
             WHERE id = $1 AND status = 'open'
            RETURNING id, contact_id, closed_at)
         INSERT INTO messages (contact_id, ticket_id, kind, event, author_id, created_at)
         SELECT contact_id, id, 'event', 'ticket_closed', $2, closed_at FROM closed",
    )
    .bind(ticket)
    .bind(by)
    .execute(conn)?;
    Ok(closed == 1)
}

/// Whether `user` closed `ticket`.
pub fn is_closed_by(conn: &mut PgConnection, ticket: TicketId, user: UserId) -> Result<bool> {
    let closed = tickets::table
        .find(ticket)
        .filter(tickets::status.eq(TicketStatus::Closed))
        .filter(tickets::closed_by.eq(user));
    Ok(select(exists(closed)).get_result(conn)?)
}

/// Records that the team has seen everything in `ticket` up to the message that `author` wrote. A message to
/// the customer also makes `author` the attendant if there is none.
pub fn record_reply(
    conn: &mut PgConnection,
    ticket: TicketId,
    written: MessageId,
    author: UserId,
    is_to_customer: bool,
) -> Result<()> {
    // The builder has no CASE that keeps a column's own value.
    db::prepared(
        "UPDATE tickets SET seen_message_id = greatest(seen_message_id, $2),
                attendant_id = CASE WHEN $3 THEN coalesce(attendant_id, $4) ELSE attendant_id END
          WHERE id = $1",
    )
    .bind(ticket)
    .bind(written)
    .bind(is_to_customer)
    .bind(author)
    .execute(conn)?;
    Ok(())
}

/// Records that the team has seen the customer's messages of `ticket` up to `message`. `false` if they were
/// recorded already.
pub fn mark_seen(conn: &mut PgConnection, ticket: TicketId, message: MessageId) -> Result<bool> {
    // The builder has no UPDATE … FROM.
    let changed = db::prepared(
        "UPDATE tickets t SET seen_message_id = seen.id
           FROM (SELECT max(id) AS id FROM messages
                  WHERE ticket_id = $1 AND kind = 'customer' AND id <= $2) seen
          WHERE t.id = $1 AND seen.id > t.seen_message_id",
    )
    .bind(ticket)
    .bind(message)
    .execute(conn)?;
    Ok(changed == 1)
}

/// The id of the last message or event of `ticket`; 0 if there is none.
pub fn last_message(conn: &mut PgConnection, ticket: TicketId) -> Result<MessageId> {
    let last: Option<MessageId> =
        messages::table.filter(messages::ticket_id.eq(ticket)).select(max(messages::id)).first(conn)?;
    Ok(last.unwrap_or(MessageId(0)))
}

/// Whether somebody else wrote in `ticket` after `seen`, the last message on the viewer's page. If the page
/// does not say what it showed: whether the customer wrote something that nobody in the team has seen.
pub fn has_unseen_messages(
    conn: &mut PgConnection,
    ticket: TicketId,
    seen: Option<MessageId>,
    viewer: UserId,
) -> Result<bool> {
    // The builder has no CASE as a condition.
    Ok(db::prepared(
        "SELECT EXISTS (SELECT FROM messages m JOIN tickets t ON t.id = m.ticket_id
                         WHERE m.ticket_id = $1 AND m.id > coalesce($2, t.seen_message_id)
                           AND CASE WHEN $2 IS NULL THEN m.kind = 'customer'
                                    ELSE m.kind <> 'event' AND m.author_id IS DISTINCT FROM $3 END)",
    )
    .bind(ticket)
    .bind(seen)
    .bind(viewer)
    .get_result(conn)?)
}

db::row! {
    /// A message to be read before its ticket is closed.
    #[derive(Clone, Debug)]
    pub struct UnreadMessage {
        /// The name of its author; `None` if a schedule sent it.
        pub author: Option<String>,
        pub body: String,
    }
}

/// Maximum unread messages shown. The query fetches one more, to know whether there are more.
pub const UNREAD_SHOWN: usize = 3;

/// The newest messages of `ticket` that nobody in the team has seen, and those that others wrote after
/// `seen`, oldest first.
pub fn unread_messages(
    conn: &mut PgConnection,
    ticket: TicketId,
    seen: Option<MessageId>,
    viewer: UserId,
) -> Result<Vec<UnreadMessage>> {
    // SQL text: the author's name comes from one of two tables.
    let mut newest: Vec<UnreadMessage> = db::prepared(format!(
        "SELECT CASE m.kind WHEN 'customer' THEN c.name ELSE u.name END AS author, m.body
           FROM messages m JOIN tickets t ON t.id = m.ticket_id JOIN contacts c ON c.id = m.contact_id
           LEFT JOIN users u ON u.id = m.author_id
          WHERE m.ticket_id = $1 AND m.kind <> 'event' AND m.id > least(t.seen_message_id, $2)
            AND ((m.kind = 'customer' AND m.id > t.seen_message_id)
                 OR (m.id > $2 AND m.author_id IS DISTINCT FROM $3))
          ORDER BY m.id DESC LIMIT {}",
        UNREAD_SHOWN + 1
    ))
    .bind(ticket)
    .bind(seen)
    .bind(viewer)
    .load(conn)?;
    newest.reverse();
    Ok(newest)
}

/// The open tickets that a handover concerns: $1 is their department, and $2 their attendant, or NULL for all.
const HANDED_OVER: &str =
    "t.status = 'open' AND t.department_id = $1 AND ($2::bigint IS NULL OR t.attendant_id = $2)";

/// Locks the contacts whose tickets are handed over, in the order of their ids.
pub fn lock_handed_over(conn: &mut PgConnection, handover: Handover) -> Result<Vec<ContactId>> {
    // SQL text, planned on every run: without an attendant, another index is the better one.
    Ok(db::replanned(format!(
        "SELECT c.id FROM contacts c WHERE c.id IN (SELECT t.contact_id FROM tickets t WHERE {HANDED_OVER})
          ORDER BY c.id FOR NO KEY UPDATE"
    ))
    .bind(handover.department())
    .bind(handover.attendant())
    .load(conn)?)
}

/// Hands over the open tickets of the locked `contacts`, with an entry in the audit for each. Returns the
/// contacts whose tickets moved.
pub fn hand_over(
    conn: &mut PgConnection,
    handover: Handover,
    contacts: &[ContactId],
    by: &Account,
) -> Result<Vec<ContactId>> {
    let (to, successor): (DepartmentId, Option<UserId>) = handover.successor();
    // One statement for all tickets and their entries in the audit. The builder has no WITH.
    Ok(db::replanned(format!(
        "WITH moved AS (
            UPDATE tickets t SET department_id = $3,
                   attendant_id = CASE WHEN $2::bigint IS NULL THEN t.attendant_id ELSE $4::bigint END
             WHERE {HANDED_OVER} AND t.contact_id = ANY($5)
            RETURNING t.id, t.contact_id, t.department_id, t.attendant_id),
         audited AS (
            INSERT INTO audit (action, subject_id, actor_id, ip, details)
            SELECT 'ticket.handed_over', id, $6, $7,
                   jsonb_build_object('department_id', department_id, 'attendant_id', attendant_id)
              FROM moved ORDER BY id)
         SELECT contact_id FROM moved"
    ))
    .bind(handover.department())
    .bind(handover.attendant())
    .bind(to)
    .bind(successor)
    .bind(contacts)
    .bind(by.id)
    .bind(&by.ip)
    .load(conn)?)
}
