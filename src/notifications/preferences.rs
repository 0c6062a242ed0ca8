//! What a user's browser does while no page of Pontual is visible.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use super::return_path::ReturnPath;
use crate::audit::{self, Action, Entry};
use crate::auth::{Account, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::web::Posted;

#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
}

pub async fn update(
    form: Posted,
    viewer: Viewer,
    return_path: ReturnPath,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let chosen = Preferences {
        plays_sound: !form.get("plays_sound").is_empty(),
        shows_browser_notices: !form.get("shows_browser_notices").is_empty(),
    };
    db.transaction(move |conn| choose(conn, &viewer, chosen)).await?;
    Ok(return_path.answer(Some("Avisos atualizados.")))
}

fn choose(conn: &mut PgConnection, account: &Account, chosen: Preferences) -> Result<()> {
    queries::choose(conn, account.id, chosen)?;
    let fields = json!({ "fields": ["plays_sound", "shows_browser_notices"] });
    let entry = Entry::of(Action::UserNoticesChosen).by(account).about(Some(account.id.0));
    audit::record(conn, &entry.with(fields))
}
