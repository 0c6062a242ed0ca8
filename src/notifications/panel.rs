//! The panel that the bell opens.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{queries, views};
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Result;
use crate::web::Shell;

pub async fn show(viewer: Viewer, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = viewer.id;
    let rows = db.run(move |conn| queries::newest(conn, user)).await?;
    let view = views::Panel::of(&rows);
    shell.fragment(StatusCode::OK, view)
}
