//! Resumes sending on a channel that was paused.

use actix_web::{HttpResponse, web};

use super::deactivate::resume;
use crate::auth::{Can, ManageChannels};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{Posted, redirect_with};

pub async fn create(
    viewer: Can<ManageChannels>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| resume(conn, &by, id)).await?;
    Ok(redirect_with(&format!("/channels/{id}"), "Envio retomado."))
}
