//! Saves the retention settings.

use diesel::pg::PgConnection;

use super::form::RetentionInput;
use super::handlers::PATH;
use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::web::{Refusal, Stale};

/// Saves the settings, or returns why not.
pub fn save(conn: &mut PgConnection, input: &RetentionInput, by: &Account) -> Result<Option<Refusal>> {
    let wanted = match input.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(Some(errors.into())),
    };
    let before = queries::current_for_update(conn)?;
    if wanted == before {
        return Ok(None);
    }
    if let Some(stale) = Stale::since(&input.version, &before.snapshot(), PATH.into()) {
        let last = audit::newest_of(conn, Action::RetentionEdited)?;
        return Ok(Some(stale.by(last, by.zone)));
    }
    if let Err(errors) = input.ensure_confirmed(&wanted, &before) {
        return Ok(Some(errors.into()));
    }
    queries::save(conn, &wanted)?;
    let entry = audit::Entry::of(Action::RetentionEdited).by(by).with(before.audited(&wanted));
    audit::record(conn, &entry)?;
    Ok(None)
}
