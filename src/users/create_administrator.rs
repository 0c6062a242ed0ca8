//! Creates an administrator: the first user of an installation, or one more by command line.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::{NewAccount, queries};
use crate::audit::{self, Action};
use crate::error::Result;
use crate::ids::UserId;

/// # Errors
/// Violates `users_email_key` if the address is taken.
pub fn create_administrator(
    conn: &mut PgConnection,
    account: &NewAccount,
    password_hash: &str,
) -> Result<UserId> {
    conn.transaction(|conn| {
        let id = queries::insert_administrator(conn, account, password_hash)?;
        audit::record(conn, &audit::Entry::of(Action::UserCreated).about(Some(id.0)))?;
        Ok(id)
    })
}
