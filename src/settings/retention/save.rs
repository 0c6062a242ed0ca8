//! Saves the retention settings.

use diesel::pg::PgConnection;

use super::form::RetentionInput;
use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::refusal::{Refusal, StaleEdit};

/// Saves the settings, or returns why not.
pub fn save(conn: &mut PgConnection, input: &RetentionInput, by: &Account) -> Result<Result<(), Refusal>> {
    let wanted = match input.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(Ok(()));
    }
    let now = before.snapshot();
    if now.has_changed_since(&input.version) {
        let last = audit::newest_of(conn, Action::RetentionEdited)?;
        return Ok(Err(StaleEdit::new(&input.version, &now, last).into()));
    }
    if let Err(errors) = input.ensure_confirmed(&wanted, &before) {
        return Ok(Err(errors.into()));
    }
    queries::save(conn, &wanted)?;
    let entry = audit::Entry::of(Action::RetentionEdited).by(by).with(before.audited(&wanted));
    audit::record(conn, &entry)?;
    Ok(Ok(()))
}
