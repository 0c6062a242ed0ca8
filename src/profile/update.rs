//! Changes the user's own profile.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::ValidProfile;
use super::queries;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::theme::Theme;

pub fn update(conn: &mut PgConnection, valid: &ValidProfile, by: &Account) -> Result<()> {
    let fields = valid.changed_fields(by);
    if fields.is_empty() {
        return Ok(());
    }
    queries::save(conn, by.id, valid)?;
    record(conn, &fields, by)
}

pub fn set_theme(conn: &mut PgConnection, theme: Theme, by: &Account) -> Result<()> {
    if theme == by.theme {
        return Ok(());
    }
    queries::set_theme(conn, by.id, theme)?;
    record(conn, &["theme"], by)
}

fn record(conn: &mut PgConnection, fields: &[&str], by: &Account) -> Result<()> {
    let entry = audit::Entry::of(Action::UserEdited).by(by).about(Some(by.id.0));
    audit::record(conn, &entry.with(json!({ "fields": fields })))
}
