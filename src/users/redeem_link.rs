//! Uses a one-time link: sets the password of its owner.

use diesel::pg::PgConnection;

use super::Name;
use super::queries;
use crate::audit::{self, Action};
use crate::error::Result;
use crate::ids::UserId;
use crate::live::{self, Event};

/// Uses the link. `None` if another request used it first. Locks the account before the link, in the same
/// order as making a link and deactivating do.
pub fn redeem_link(
    conn: &mut PgConnection,
    token_hash: &[u8],
    name: Option<&Name>,
    password_hash: &str,
    ip: &str,
) -> Result<Option<UserId>> {
    let Some(found) = queries::find_link(conn, token_hash)? else { return Ok(None) };
    queries::lock(conn, found.id)?;
    let Some(invited) = queries::use_link(conn, token_hash)? else { return Ok(None) };
    let user = invited.id;
    match name.filter(|_| invited.is_new) {
        Some(name) => queries::accept(conn, user, name.as_str(), password_hash)?,
        None => queries::set_password(conn, user, password_hash)?,
    }
    queries::end_sessions(conn, user, None, None)?;
    let entry = audit::Entry::of(Action::AccessLinkUsed).by_user(user).about(Some(user.0)).from(ip);
    audit::record(conn, &entry)?;
    live::announce(conn, &Event::RightsChanged(vec![user]))?;
    Ok(Some(user))
}
