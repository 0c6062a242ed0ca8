//! Marks notifications as read.

use actix_web::{HttpResponse, web};

use super::bell;
use super::return_path::ReturnPath;
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Result;
use crate::ids::NotificationId;
use crate::web::Posted;

pub async fn create(
    _: Posted,
    viewer: Viewer,
    return_path: ReturnPath,
    id: web::Path<NotificationId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    let bell = db.transaction(move |conn| bell::read(conn, user, id)).await?;
    Ok(return_path.changed(bell, None))
}

/// Marks all notifications as read.
pub async fn create_all(
    _: Posted,
    viewer: Viewer,
    return_path: ReturnPath,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let user = viewer.id;
    let bell = db.transaction(move |conn| bell::read_all(conn, user)).await?;
    Ok(return_path.changed(bell, Some("Todas as notificações foram marcadas como lidas.")))
}
