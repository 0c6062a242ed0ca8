//! "Remover": removes a notification.

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
    let bell = db.transaction(move |conn| bell::remove(conn, user, id)).await?;
    Ok(return_path.changed(bell, Some("Notificação removida.")))
}
