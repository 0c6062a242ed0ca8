//! Begins an export.

use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::ContactId;

/// Records the export in the audit. Returns the contact's own data as JSON, the first part of the file.
pub fn begin(conn: &mut PgConnection, contact: ContactId, by: &Account) -> Result<String> {
    let profile = queries::profile(conn, contact)?;
    audit::record(conn, &audit::Entry::of(Action::ContactExported).by(by).about(Some(contact.0)))?;
    Ok(profile)
}
