//! Saves the company's logo.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::files::ContentHash;

/// Sets the logo, or removes it.
pub fn save_logo(conn: &mut PgConnection, logo: Option<ContentHash>, by: &Account) -> Result<()> {
    queries::save_logo(conn, logo)?;
    let entry = audit::Entry::of(Action::SettingsEdited).by(by).with(json!({ "fields": ["logo"] }));
    audit::record(conn, &entry)
}
