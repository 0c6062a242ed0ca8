//! SQL of the customer's chat, and of the browsers in which customers opened their link.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::ACCESS_DAYS;
use crate::auth::sessions::Device;
use crate::contacts::HAS_CHAT;
use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::ids::{ContactId, CustomerAccessId};
use crate::schema::{contacts, customer_accesses};

/// Maximum browsers per contact. Those that never came back to the page are removed first.
const ACCESS_LIMIT: i64 = 50;

/// SQL condition: access `a` to contact `c` is valid.
pub const ACCESS_IS_VALID: &str = "(a.contact_id = c.id AND a.link_version = c.link_version AND a.created_at > now() - interval '180 days')";

const _: () = assert!(ACCESS_DAYS == 180, "as the SQL has it");

db::row! {
    /// What the customer's page shows of contact, channel and company.
    #[derive(Clone, Debug)]
    pub struct Profile {
        pub access: CustomerAccessId,
        /// Whether `seen_at` is older than a minute or was never set.
        is_stale: bool,
        pub department: String,
        pub company: String,
        pub public_name: String,
        pub colour: String,
        pub greeting: String,
        pub logo: Option<ContentHash>,
        pub time_zone: String,
    }
}

/// The contact, if it is not archived, its web chat is active, and the browser with that token has access.
/// Updates the time of the last visit at most once a minute.
pub fn profile(conn: &mut PgConnection, contact: ContactId, token_hash: &[u8]) -> Result<Option<Profile>> {
    // One statement for the whole page. The builder has no lateral joins.
    let profile: Option<Profile> = db::prepared(format!(
        "SELECT a.id AS access, coalesce(a.seen_at < now() - interval '1 minute', true) AS is_stale,
                d.name AS department, s.company_name AS company,
                ch.public_name, ch.colour, ch.greeting, s.logo_sha256 AS logo,
                s.time_zone
           FROM customer_accesses a
           JOIN contacts c ON {ACCESS_IS_VALID}
           JOIN channels first ON first.id = c.channel_id
           JOIN LATERAL (SELECT web.* FROM contact_identities i JOIN channels web ON web.id = i.channel_id
                          WHERE i.contact_id = c.id AND i.kind = 'chat' AND web.kind = 'web_chat'
                            AND web.deactivated_at IS NULL
                          ORDER BY i.id LIMIT 1) ch ON true
           LEFT JOIN LATERAL (SELECT department_id FROM tickets t WHERE t.contact_id = c.id
                               ORDER BY t.id DESC LIMIT 1) newest ON true
           LEFT JOIN departments last ON last.id = newest.department_id AND last.deactivated_at IS NULL
           JOIN departments d ON d.id = coalesce(last.id, first.default_department_id)
           CROSS JOIN settings s
          WHERE a.contact_id = $1 AND a.token_hash = $2 AND {HAS_CHAT}"
    ))
    .bind(contact)
    .bind(token_hash)
    .get_result(conn)
    .optional()?;
    if let Some(Profile { access, is_stale: true, .. }) = &profile {
        diesel::update(customer_accesses::table.find(access))
            .set(customer_accesses::seen_at.eq(now))
            .execute(conn)?;
    }
    Ok(profile)
}

/// Locks the contact until the transaction ends, if the customer's browser still has access.
///
/// # Errors
/// `NotFound` if the access ended.
pub fn lock_contact(conn: &mut PgConnection, contact: ContactId, access: CustomerAccessId) -> Result<()> {
    // Made of the conditions in SQL that other statements share.
    db::prepared(format!(
        "SELECT c.id FROM contacts c
           JOIN customer_accesses a ON a.id = $2 AND {ACCESS_IS_VALID}
          WHERE c.id = $1 AND {HAS_CHAT} FOR NO KEY UPDATE OF c"
    ))
    .bind(contact)
    .bind(access)
    .get_result::<ContactId>(conn)?;
    Ok(())
}

db::row! {
    /// The page that a contact's link opens.
    #[derive(Clone, Copy, Debug)]
    pub struct LinkTarget {
        /// The version of the valid link.
        pub version: i32,
        /// The contact whose page it opens: another one, if the contact was merged into it.
        pub opens: ContactId,
        /// The version of that contact's own link.
        pub opens_version: i32,
    }
}

/// What the contact's link opens; `None` if no link of it opens a page.
pub fn link_target(conn: &mut PgConnection, contact: ContactId) -> Result<Option<LinkTarget>> {
    // Made of a condition in SQL that other statements share.
    Ok(db::prepared(format!(
        "SELECT named.link_version AS version, c.id AS opens, c.link_version AS opens_version
           FROM contacts named JOIN contacts c ON c.id = kept_contact(named.id)
          WHERE named.id = $1 AND {HAS_CHAT}"
    ))
    .bind(contact)
    .get_result(conn)
    .optional()?)
}

/// The contact into which `contact` was merged, if the browser with that token has access to its page.
pub fn moved_to(conn: &mut PgConnection, contact: ContactId, token_hash: &[u8]) -> Result<Option<ContactId>> {
    // Made of the conditions in SQL that other statements share.
    Ok(db::prepared(format!(
        "SELECT c.id FROM contacts c JOIN customer_accesses a ON {ACCESS_IS_VALID}
          WHERE c.id = kept_contact($1) AND c.id <> $1 AND a.token_hash = $2 AND {HAS_CHAT}"
    ))
    .bind(contact)
    .bind(token_hash)
    .get_result(conn)
    .optional()?)
}

/// Locks the contact against changes of its link until the transaction ends.
///
/// # Errors
/// `NotFound` if the link has another version.
pub fn lock_link(conn: &mut PgConnection, contact: ContactId, link_version: i32) -> Result<()> {
    contacts::table
        .find(contact)
        .filter(contacts::link_version.eq(link_version))
        .select(contacts::id)
        .for_share()
        .first::<ContactId>(conn)?;
    Ok(())
}

/// Gives all accesses that have the token `from` the token `to`. Deletes the one to `contact`.
pub fn replace_token(conn: &mut PgConnection, contact: ContactId, from: &[u8], to: &[u8]) -> Result<()> {
    let with_token = customer_accesses::table.filter(customer_accesses::token_hash.eq(from));
    diesel::delete(with_token.filter(customer_accesses::contact_id.eq(contact))).execute(conn)?;
    diesel::update(with_token).set(customer_accesses::token_hash.eq(to)).execute(conn)?;
    Ok(())
}

pub fn add_access(
    conn: &mut PgConnection,
    contact: ContactId,
    link_version: i32,
    token_hash: &[u8],
    device: &Device,
) -> Result<()> {
    diesel::insert_into(customer_accesses::table)
        .values((
            customer_accesses::contact_id.eq(contact),
            customer_accesses::token_hash.eq(token_hash),
            customer_accesses::link_version.eq(link_version),
            customer_accesses::user_agent.eq(&device.user_agent),
            customer_accesses::ip.eq(&device.ip),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes the accesses to `contact` beyond the maximum, but never the one with the token `newest`.
pub fn delete_surplus(conn: &mut PgConnection, contact: ContactId, newest: &[u8]) -> Result<()> {
    // The builder cannot order by a comparison.
    db::prepared(
        "DELETE FROM customer_accesses WHERE id IN (
            SELECT id FROM customer_accesses WHERE contact_id = $1
             ORDER BY token_hash = $2 DESC, seen_at DESC NULLS LAST, id DESC OFFSET $3)",
    )
    .bind(contact)
    .bind(newest)
    .bind(ACCESS_LIMIT)
    .execute(conn)?;
    Ok(())
}

db::row! {
    /// A browser that has access to a contact's page.
    #[derive(Clone, Debug)]
    pub struct OpenAccess {
        pub id: CustomerAccessId,
        pub created_at: DateTime<Utc>,
        pub seen_at: DateTime<Utc>,
        pub user_agent: String,
    }
}

/// The browsers that have access to a contact's page and have shown it, most recently seen first.
pub fn accesses(conn: &mut PgConnection, contact: ContactId) -> Result<Vec<OpenAccess>> {
    // Made of a condition in SQL that other statements share.
    Ok(db::prepared(format!(
        "SELECT a.id, a.created_at, a.seen_at, a.user_agent
           FROM customer_accesses a JOIN contacts c ON {ACCESS_IS_VALID}
          WHERE a.contact_id = $1 AND a.seen_at IS NOT NULL ORDER BY a.seen_at DESC, a.id LIMIT $2"
    ))
    .bind(contact)
    .bind(ACCESS_LIMIT)
    .load(conn)?)
}

/// Deletes the accesses of all browsers of a contact. Returns their number.
pub fn delete_all(conn: &mut PgConnection, contact: ContactId) -> Result<usize> {
    let accesses = customer_accesses::table.filter(customer_accesses::contact_id.eq(contact));
    Ok(diesel::delete(accesses).execute(conn)?)
}

/// Deletes the accesses of all browsers of a contact except one. Returns their number.
pub fn delete_others(conn: &mut PgConnection, contact: ContactId, except: CustomerAccessId) -> Result<usize> {
    let accesses = customer_accesses::table.filter(customer_accesses::contact_id.eq(contact));
    Ok(diesel::delete(accesses.filter(customer_accesses::id.ne(except))).execute(conn)?)
}

pub fn delete(conn: &mut PgConnection, access: CustomerAccessId) -> Result<()> {
    diesel::delete(customer_accesses::table.find(access)).execute(conn)?;
    Ok(())
}
