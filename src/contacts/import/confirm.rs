//! Confirms an import, so that the worker imports its lines.

use diesel::pg::PgConnection;
use serde_json::json;

use super::{ImportStatus, queries};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ImportId;

/// Confirms the import, in the caller's transaction. Does nothing if it is not in the preview, or has no valid
/// line. Call [`super::worker::wake`] after the transaction.
pub fn confirm(
    conn: &mut PgConnection,
    account: &Account,
    import: ImportId,
    updates_existing: bool,
) -> Result<()> {
    let found = queries::find_for_update(conn, import)?;
    if found.status != ImportStatus::Preview || found.good == 0 {
        return Ok(());
    }
    queries::confirm(conn, import, updates_existing)?;
    let details = json!({ "lines": found.good, "updates_existing": updates_existing });
    let entry = audit::Entry::of(Action::ImportConfirmed).by(account).about(Some(import.0));
    audit::record(conn, &entry.with(details))
}
