//! Makes a new secret for a webhook channel, and shows it once.

use actix_web::{HttpResponse, web};

use super::rotate::rotate;
use super::tools::Tools;
use super::views::NewSecret;
use crate::auth::{Can, ManageChannels};
use crate::error::Result;
use crate::ids::ChannelId;
use crate::web::{Posted, Shell};

pub async fn create(
    viewer: Can<ManageChannels>,
    _: Posted,
    shell: Shell,
    tools: Tools,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let (id, by, cipher) = (id.into_inner(), viewer.clone(), tools.cipher.clone());
    let (channel, secret) = tools.db.transaction(move |conn| rotate(conn, &by, id, &cipher)).await?;
    shell.page("Novo segredo", NewSecret::rotated(id, channel.name, secret, tools.inbox_url(id)))
}
