//! Begins an export of the filtered list.

use diesel::pg::PgConnection;
use serde_json::Value;

use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;

/// Records who exports the list, and its filters.
pub fn begin_csv_export(conn: &mut PgConnection, filters: Value, by: &Account) -> Result<()> {
    audit::record(conn, &audit::Entry::of(Action::ContactsExported).by(by).with(filters))
}
