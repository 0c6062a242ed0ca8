//! The form of what a user's browser does while no page of Pontual is visible.

use actix_web::{HttpResponse, web};

use super::choose_preferences::{Preferences, choose_preferences};
use super::return_path::ReturnPath;
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Result;
use crate::web::Posted;

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
    db.transaction(move |conn| choose_preferences(conn, &viewer, chosen)).await?;
    Ok(return_path.answer(Some("Avisos atualizados.")))
}
