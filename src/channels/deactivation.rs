//! Deactivates a channel, after a page that shows what uses it.

use actix_web::{HttpResponse, web};

use super::deactivate::deactivate;
use super::views::Deactivation;
use super::{CHANNEL_DEACTIVATED, queries};
use crate::auth::{Can, ManageChannels};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{Posted, Shell, redirect_with};

pub async fn show(
    _: Can<ManageChannels>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (channel, usage, queued) = db
        .run(move |conn| {
            let channel = queries::find(conn, id)?;
            Ok((channel, queries::usage(conn, id)?, queries::counts_in_queue(conn, id)?))
        })
        .await?;
    if !channel.is_active {
        return Ok(redirect_with("/channels", CHANNEL_DEACTIVATED));
    }
    let view = Deactivation::new(&channel, usage, queued);
    shell.page("Desativar conexão", view)
}

pub async fn create(
    viewer: Can<ManageChannels>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| deactivate(conn, &by, id)).await?;
    Ok(redirect_with("/channels", CHANNEL_DEACTIVATED))
}
