//! Invites a user.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::UserInput;
use super::{EditorRights, Token, queries};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::UserId;
use crate::refusal::FieldErrors;

/// Adds a user without a password, and the link for choosing one. Returns why not, if the form is refused.
///
/// # Errors
/// Violates `users_email_key` if the address is taken.
pub fn invite(
    conn: &mut PgConnection,
    input: &UserInput,
    by: &Account,
) -> Result<Result<(UserId, Token), FieldErrors>> {
    let context = queries::form_context(conn, by, None)?;
    let valid = match input.parse(EditorRights::of(by), &context) {
        Ok(valid) => valid,
        Err(errors) => return Ok(Err(errors)),
    };
    let id = queries::insert(conn, &valid)?;
    queries::set_departments(conn, id, &valid.departments)?;
    let token = Token::new();
    queries::replace_link(conn, id, &token.hash(), by.id)?;
    let details = json!({ "role_id": valid.role, "departments": valid.departments });
    let entry = audit::Entry::of(Action::UserInvited).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok((id, token)))
}
