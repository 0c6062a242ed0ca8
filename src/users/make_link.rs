//! Makes a one-time link for a user.

use diesel::pg::PgConnection;

use super::Token;
use super::editor_rights::lock_for_access;
use super::queries::{self, Standing, User};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Makes a link, which replaces the older one. `Conflict` if the user was deactivated.
pub fn make_link(conn: &mut PgConnection, id: UserId, by: &Account) -> Result<(User, Token)> {
    let user = lock_for_access(conn, id, by)?;
    if user.standing == Standing::Inactive && user.has_password {
        return Err(Error::Conflict);
    }
    let token = Token::new();
    queries::replace_link(conn, id, &token.hash(), by.id)?;
    audit::record(conn, &audit::Entry::of(Action::AccessLinkMade).by(by).about(Some(id.0)))?;
    Ok((queries::find(conn, id)?, token))
}
