//! Ends the validity of a webhook channel's former secret.

use actix_web::{HttpResponse, web};

use super::rotate::remove_previous;
use super::tools::Tools;
use crate::auth::{Can, ManageChannels};
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{Posted, redirect_with};

pub async fn destroy(
    viewer: Can<ManageChannels>,
    _: Posted,
    tools: Tools,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by, cipher) = (id.into_inner(), viewer.clone(), tools.cipher.clone());
    tools.db.transaction(move |conn| remove_previous(conn, &by, id, &cipher)).await?;
    Ok(redirect_with(&format!("/channels/{id}"), "Segredo anterior removido."))
}
