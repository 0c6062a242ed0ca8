//! Gives a browser access to a contact's page.

use diesel::pg::PgConnection;

use super::queries;
use crate::auth::sessions::Device;
use crate::error::Result;
use crate::ids::ContactId;

/// The link that a browser opened.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub contact: ContactId,
    pub version: i32,
}

/// The hashes of a browser's tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The one that the browser sent, if any.
    pub current: Option<Vec<u8>>,
    /// The one that it gets with its access.
    pub next: Vec<u8>,
}

/// How a browser got access through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It had access already.
    Existing,
    /// It got access under the next token.
    New,
}

/// Gives a browser access through `link`, within the caller's transaction. All accesses that the browser
/// already has to other contacts get the next token too. So a token that somebody else planted in the browser
/// gives them no access.
///
/// # Errors
/// `NotFound` if the link was revoked meanwhile.
pub fn enter(conn: &mut PgConnection, link: Link, tokens: &Tokens, device: &Device) -> Result<Entry> {
    let Link { contact, version } = link;
    if let Some(current) = &tokens.current
        && queries::profile(conn, contact, current)?.is_some()
    {
        return Ok(Entry::Existing);
    }
    // Locks the contact before its accesses, in the same order as revoking the link does.
    queries::lock_link(conn, contact, version)?;
    if let Some(current) = &tokens.current {
        queries::replace_token(conn, contact, current, &tokens.next)?;
    }
    queries::add_access(conn, contact, version, &tokens.next, device)?;
    queries::delete_surplus(conn, contact, &tokens.next)?;
    Ok(Entry::New)
}
