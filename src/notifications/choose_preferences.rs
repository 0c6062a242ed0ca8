//! Chooses what a user's browser does while no page of Pontual is visible.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::Result;

#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

pub fn choose_preferences(conn: &mut PgConnection, account: &Account, chosen: Preferences) -> Result<()> {
    queries::choose(conn, account.id, chosen)?;
    let fields = json!({ "fields": ["plays_sound", "shows_browser_notices"] });
    let entry = Entry::of(Action::UserNoticesChosen).by(account).about(Some(account.id.0));
    audit::record(conn, &entry.with(fields))
}
