//! SQL of the customer's chat.

mod accesses;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use serde_json::json;
use uuid::Uuid;

use super::{Customer, LONGEST_DAYS};
use crate::audit::{self, Action, Entry};
use crate::contacts::HAS_CHAT;
use crate::conversations::thread::{self, Body, Kind, NewMessage};
use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::ids::{ContactId, CustomerAccessId, MessageId, TicketId};
use crate::live::{self, Event};
use crate::tickets;

pub use accesses::{Entered, OpenAccess, accesses, end_accesses, end_others, enter, leave, link_version};

/// Maximum messages that a customer may write per minute.
const PER_MINUTE: i64 = 30;

/// What the customer's page shows of contact, channel and company.
#[derive(Clone, Debug, QueryableByName)]
pub struct Profile {
    #[diesel(sql_type = BigInt)]
    pub access: CustomerAccessId,
    /// Whether `seen_at` is older than a minute or was never set.
    #[diesel(sql_type = Bool)]
    is_stale: bool,
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = Text)]
    pub company: String,
    #[diesel(sql_type = Text)]
    pub public_name: String,
    #[diesel(sql_type = Text)]
    pub colour: String,
    #[diesel(sql_type = Text)]
    pub greeting: String,
    #[diesel(sql_type = Nullable<Binary>)]
    pub logo: Option<ContentHash>,
    #[diesel(sql_type = Text)]
    pub time_zone: String,
}

/// SQL condition: access `a` to contact `c` is valid.
pub const IS_OPEN: &str = "(a.contact_id = c.id AND a.link_version = c.link_version AND a.created_at > now() - interval '180 days')";

const _: () = assert!(LONGEST_DAYS == 180, "as the SQL has it");

/// The contact, if it is not archived, its web chat is active, and the browser with that token has access.
/// Updates the time of the last visit at most once a minute.
pub fn profile(conn: &mut PgConnection, contact: ContactId, token_hash: &[u8]) -> Result<Option<Profile>> {
    let profile: Option<Profile> = db::prepared(format!(
        "SELECT a.id AS access, coalesce(a.seen_at < now() - interval '1 minute', true) AS is_stale,
                d.name AS department, s.company_name AS company,
                ch.public_name, ch.colour, ch.greeting, s.logo_sha256 AS logo,
                s.time_zone
           FROM customer_accesses a
           JOIN contacts c ON {IS_OPEN}
           JOIN channels ch ON ch.id = c.channel_id
           LEFT JOIN LATERAL (SELECT department_id FROM tickets t WHERE t.contact_id = c.id
                               ORDER BY t.id DESC LIMIT 1) newest ON true
           LEFT JOIN departments last ON last.id = newest.department_id AND last.deactivated_at IS NULL
           JOIN departments d ON d.id = coalesce(last.id, ch.default_department_id)
           CROSS JOIN settings s
          WHERE a.contact_id = $1 AND a.token_hash = $2 AND {HAS_CHAT}"
    ))
    .bind::<BigInt, _>(contact)
    .bind::<Binary, _>(token_hash)
    .get_result(conn)
    .optional()?;
    if let Some(Profile { access, is_stale: true, .. }) = &profile {
        db::prepared("UPDATE customer_accesses SET seen_at = now() WHERE id = $1")
            .bind::<BigInt, _>(*access)
            .execute(conn)?;
    }
    Ok(profile)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct FlagRow {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

/// The result of sending a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The message is in the thread, exactly once.
    Written,
    /// The customer sent too many messages within a minute.
    TooMany,
}

/// Writes the customer's message into the open ticket, or into a new one, within a transaction.
///
/// # Errors
/// `NotFound` if the access ended meanwhile.
pub fn receive(
    conn: &mut PgConnection,
    customer: &Customer,
    body: &Body,
    client_key: Option<Uuid>,
    ip: &str,
) -> Result<Received> {
    lock(conn, customer)?;
    let message = NewMessage {
        contact: customer.id,
        kind: Kind::Customer,
        author: None,
        body: body.clone(),
        client_key,
    };
    if thread::queries::is_written(conn, &message)? {
        return Ok(Received::Written);
    }
    if is_flooding(conn, customer.id)? {
        return Ok(Received::TooMany);
    }
    let ticket = match tickets::open_ticket_of(conn, customer.id)? {
        Some(open) => open.id,
        None => open_ticket(conn, customer.id, ip)?,
    };
    thread::queries::write(conn, ticket, &message)?;
    live::announce(conn, &Event::ConversationsChanged(vec![customer.id]))?;
    Ok(Received::Written)
}

/// Records which messages the customer's page received and showed.
///
/// # Errors
/// `NotFound` if the access ended meanwhile.
pub fn acknowledge(
    conn: &mut PgConnection,
    customer: &Customer,
    delivered: &[MessageId],
    read: &[MessageId],
) -> Result<()> {
    lock(conn, customer)?;
    let changed = thread::queries::acknowledge(conn, customer.id, delivered, read)?;
    if changed.is_empty() {
        return Ok(());
    }
    live::announce(conn, &Event::ConversationsChanged(vec![customer.id]))?;
    live::announce(conn, &Event::SchedulesChanged(changed.into_iter().flatten().collect()))
}

fn lock(conn: &mut PgConnection, customer: &Customer) -> Result<()> {
    db::prepared(format!(
        "SELECT c.id FROM contacts c JOIN channels ch ON ch.id = c.channel_id
           JOIN customer_accesses a ON a.id = $2 AND {IS_OPEN}
          WHERE c.id = $1 AND {HAS_CHAT} FOR NO KEY UPDATE OF c"
    ))
    .bind::<BigInt, _>(customer.id)
    .bind::<BigInt, _>(customer.access)
    .get_result::<IdRow>(conn)?;
    Ok(())
}

fn is_flooding(conn: &mut PgConnection, contact: ContactId) -> Result<bool> {
    let row: FlagRow = db::prepared(
        "SELECT count(*) >= $2 AS flag
           FROM (SELECT created_at FROM messages WHERE contact_id = $1 AND kind = 'customer'
                  ORDER BY id DESC LIMIT $2) newest
          WHERE created_at > clock_timestamp() - interval '1 minute'",
    )
    .bind::<BigInt, _>(contact)
    .bind::<BigInt, _>(PER_MINUTE)
    .get_result(conn)?;
    Ok(row.flag)
}

/// Opens a ticket in the queue of the department that last served the contact, if it is active. Otherwise in
/// the channel's default department.
fn open_ticket(conn: &mut PgConnection, contact: ContactId, ip: &str) -> Result<TicketId> {
    let row: IdRow = db::prepared(
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
         RETURNING ticket_id AS id",
    )
    .bind::<BigInt, _>(contact)
    .bind::<Text, _>(ip)
    .get_result(conn)?;
    // The customer's address is stored with the ticket, because the audit cannot be anonymised.
    let details = json!({ "contact_id": contact.0 });
    audit::record(conn, &Entry::of(Action::TicketOpened).about(Some(row.id)).with(details))?;
    Ok(TicketId(row.id))
}
