//! Cancels an import that has not finished.

use diesel::pg::PgConnection;

use super::{ImportStatus, queries};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ImportId;

/// Cancels the import, in the caller's transaction. Returns `false` if it had ended before.
pub fn cancel(conn: &mut PgConnection, account: &Account, import: ImportId) -> Result<bool> {
    let found = queries::find_for_update(conn, import)?;
    if matches!(found.status, ImportStatus::Finished | ImportStatus::Cancelled) {
        return Ok(false);
    }
    queries::cancel(conn, import)?;
    audit::record(conn, &audit::Entry::of(Action::ImportCancelled).by(account).about(Some(import.0)))?;
    Ok(true)
}
