//! SQL of the browsers in which customers opened their link.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text, Timestamptz};
use serde_json::json;

use super::{IS_OPEN, IdRow, profile};
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::auth::sessions::Device;
use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::Result;
use crate::ids::{ContactId, CustomerAccessId};
use crate::live::{self, Event};

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Integer)]
    link_version: i32,
}

/// The version of the link that opens the contact's page; `None` if no link does.
pub fn link_version(conn: &mut PgConnection, contact: ContactId) -> Result<Option<i32>> {
    let row: Option<VersionRow> = db::prepared(format!(
        "SELECT c.link_version FROM contacts c JOIN channels ch ON ch.id = c.channel_id
          WHERE c.id = $1 AND {HAS_CHAT}"
    ))
    .bind::<BigInt, _>(contact)
    .get_result(conn)
    .optional()?;
    Ok(row.map(|row| row.link_version))
}

/// How a browser got access through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It had access already.
    Before,
    /// It got access under a new token.
    Anew,
}

/// Maximum browsers per contact. Those that never came back to the page are removed first.
const MOST: i64 = 50;

/// Gives a browser access through the link of that version, within a transaction. All accesses that the
/// browser already has to other contacts get the new token too. So a token that somebody else planted in the
/// browser gives them no access.
///
/// # Errors
/// `NotFound` if the link was revoked meanwhile.
pub fn enter(
    conn: &mut PgConnection,
    (contact, link_version): (ContactId, i32),
    (known, new): (Option<&[u8]>, &[u8]),
    device: &Device,
) -> Result<Entered> {
    if let Some(known) = known
        && profile(conn, contact, known)?.is_some()
    {
        return Ok(Entered::Before);
    }
    // Locks the contact before its accesses, in the same order as revoking the link does.
    db::prepared("SELECT id FROM contacts WHERE id = $1 AND link_version = $2 FOR SHARE")
        .bind::<BigInt, _>(contact)
        .bind::<Integer, _>(link_version)
        .get_result::<IdRow>(conn)?;
    if let Some(known) = known {
        db::prepared("DELETE FROM customer_accesses WHERE token_hash = $1 AND contact_id = $2")
            .bind::<Binary, _>(known)
            .bind::<BigInt, _>(contact)
            .execute(conn)?;
        db::prepared("UPDATE customer_accesses SET token_hash = $2 WHERE token_hash = $1")
            .bind::<Binary, _>(known)
            .bind::<Binary, _>(new)
            .execute(conn)?;
    }
    db::prepared(
        "INSERT INTO customer_accesses (contact_id, token_hash, link_version, user_agent, ip)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<BigInt, _>(contact)
    .bind::<Binary, _>(new)
    .bind::<Integer, _>(link_version)
    .bind::<Text, _>(&device.user_agent)
    .bind::<Text, _>(&device.ip)
    .execute(conn)?;
    db::prepared(
        "DELETE FROM customer_accesses WHERE id IN (
            SELECT id FROM customer_accesses WHERE contact_id = $1
             ORDER BY token_hash = $2 DESC, seen_at DESC NULLS LAST, id DESC OFFSET $3)",
    )
    .bind::<BigInt, _>(contact)
    .bind::<Binary, _>(new)
    .bind::<BigInt, _>(MOST)
    .execute(conn)?;
    Ok(Entered::Anew)
}

/// A browser that has access to a contact's page.
#[derive(Clone, Debug, QueryableByName)]
pub struct OpenAccess {
    #[diesel(sql_type = BigInt)]
    pub id: CustomerAccessId,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub user_agent: String,
}

/// The browsers that have access to a contact's page and have shown it, most recently seen first.
pub fn accesses(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<OpenAccess>> {
    Ok(db::prepared(format!(
        "SELECT a.id, a.created_at, a.seen_at, a.user_agent
           FROM customer_accesses a JOIN contacts c ON {IS_OPEN}
          WHERE a.contact_id = $1 AND a.seen_at IS NOT NULL ORDER BY a.seen_at DESC, a.id LIMIT $2"
    ))
    .bind::<BigInt, _>(contact)
    .bind::<BigInt, _>(MOST)
    .load(conn)?)
}

/// Ends the access of every browser of a contact, on behalf of a user.
pub fn end_accesses(conn: &mut PgConnection, contact: ContactId, by: &Account) -> Result<()> {
    let ended = db::prepared("DELETE FROM customer_accesses WHERE contact_id = $1")
        .bind::<BigInt, _>(contact)
        .execute(conn)?;
    tell(conn, contact, ended, |entry| entry.by(by))
}

/// Ends the access of every browser of a customer except this one.
pub fn end_others(conn: &mut PgConnection, contact: ContactId, except: CustomerAccessId) -> Result<()> {
    let ended = db::prepared("DELETE FROM customer_accesses WHERE contact_id = $1 AND id <> $2")
        .bind::<BigInt, _>(contact)
        .bind::<BigInt, _>(except)
        .execute(conn)?;
    tell(conn, contact, ended, |entry| entry)
}

/// Ends the access of this browser.
pub fn leave(conn: &mut PgConnection, contact: ContactId, access: CustomerAccessId) -> Result<()> {
    db::prepared("DELETE FROM customer_accesses WHERE id = $1").bind::<BigInt, _>(access).execute(conn)?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}

/// The audit must not contain a customer's network address.
fn tell(
    conn: &mut PgConnection,
    contact: ContactId,
    ended: usize,
    by: impl FnOnce(Entry) -> Entry,
) -> Result<()> {
    let entry = Entry::of(Action::ContactAccessesEnded).about(Some(contact.0));
    audit::record(conn, &by(entry.with(json!({ "count": ended }))))?;
    // Ends the streams of browsers that lost access.
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}
