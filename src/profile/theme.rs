//! The theme, chosen with the button in the top bar.

use actix_web::{HttpResponse, web};

use super::update::set_theme;
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::theme::Theme;
use crate::web::Posted;

pub async fn update(viewer: Viewer, form: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let theme: Theme = form.get("theme").parse().map_err(|()| Error::BadRequest)?;
    db.transaction(move |conn| set_theme(conn, theme, &viewer)).await?;
    Ok(HttpResponse::NoContent().finish())
}
