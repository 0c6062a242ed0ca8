//! Signing out.

use actix_session::Session;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};

use super::session::sign_out;
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Result;
use crate::web::{Posted, redirect};

pub async fn create(_: Posted, viewer: Viewer, session: Session, db: web::Data<Db>) -> Result<HttpResponse> {
    session.purge();
    db.transaction(move |conn| sign_out(conn, &viewer)).await?;
    let mut answer = redirect("/login");
    // Also clears the user's pages and files from the browser's cache.
    answer
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
