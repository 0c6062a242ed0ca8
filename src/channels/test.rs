//! Tests the stored settings of a channel against its service, without sending a message.

use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::{HttpResponse, web};

use super::stored::StoredChannel;
use super::tools::Tools;
use super::views::{FormPage, TestResult};
use super::{open_transport, queries};
use crate::auth::{Can, ManageChannels};
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::web::{Posted, Shell};

/// Maximum duration of a test.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Shows the answer on the channel's page. No connection to the database is held while the service is waited for.
pub async fn create(
    viewer: Can<ManageChannels>,
    _: Posted,
    shell: Shell,
    tools: Tools,
    id: web::Path<ChannelId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let channel = tools.db.run(move |conn| queries::find(conn, id)).await?;
    if !channel.kind.hands_over() {
        return Err(Error::NotFound);
    }
    let result = test(&StoredChannel::open(channel, &tools.cipher), &tools).await;
    let view = FormPage::load(&tools, &viewer, id).await?.tested(TestResult::new(result));
    shell.page(view.title(), view)
}

/// The result is a sentence, either way.
async fn test(stored: &StoredChannel, tools: &Tools) -> std::result::Result<String, String> {
    if stored.has_unreadable_secrets {
        return Err("As senhas não podem ser lidas com a chave desta instalação. Informe-as de novo.".into());
    }
    let channel = &stored.channel;
    let transport =
        open_transport(channel.kind, channel.id, &channel.settings, &stored.secrets, &tools.transports)?;
    match timeout(TIME_LIMIT, transport.test()).await {
        Ok(result) => result,
        Err(_) => Err("O servidor não respondeu em 30 segundos.".into()),
    }
}
