//! Revokes the customer's link.

use diesel::pg::PgConnection;

use super::archive::record_and_announce;
use super::queries;
use crate::audit::Action;
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ContactId;

/// Invalidates every link of the contact and signs out the browsers that used one, in the caller's transaction.
pub fn revoke_link(conn: &mut PgConnection, account: &Account, contact: ContactId) -> Result<()> {
    queries::lock(conn, contact)?;
    queries::revoke_link(conn, contact)?;
    record_and_announce(conn, account, contact, Action::ContactLinkRevoked)
}
