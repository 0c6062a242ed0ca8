//! Ending one's own sessions.

use actix_session::Session;
use actix_web::{HttpResponse, web};
use uuid::Uuid;

use crate::auth::{ClientIp, Viewer, sessions};
use crate::db::Db;
use crate::error::Result;
use crate::users;
use crate::web::{Flash, Posted, redirect_with};

/// Ends every session but this one.
///
/// # Errors
/// The database is unreachable.
pub async fn end_others(
    viewer: Viewer,
    _: Posted,
    db: web::Data<Db>,
    session: Session,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (id, current) = (viewer.id, sessions::current(&session));
    db.transaction(move |conn| users::end_all(conn, id, current, id, &ip)).await?;
    Ok(redirect_with("/profile", Flash::SessionsEnded))
}

/// # Errors
/// `NotFound` when it is somebody else's or has ended.
pub async fn end_one(
    viewer: Viewer,
    _: Posted,
    db: web::Data<Db>,
    other: web::Path<Uuid>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (id, other) = (viewer.id, other.into_inner());
    db.transaction(move |conn| users::end_one(conn, id, other, id, &ip)).await?;
    Ok(redirect_with("/profile", Flash::SessionEnded))
}
