//! Webhook: messages go to an address of the company's own systems, signed by Standard Webhooks, and come in the same
//! way.

mod settings;

pub use settings::{PREVIOUS_SECRET, SECRET, WebhookSettings};

use super::secrets::Secrets;
use super::transport::Transport;
use super::transports::TransportOptions;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::inbox::{Read, Reading};

pub fn open(
    _: ChannelId,
    _: &serde_json::Value,
    _: &Secrets,
    _: &TransportOptions,
) -> Result<Box<dyn Transport>, String> {
    Err("Informe o endereço do webhook.".to_owned())
}

/// Reads an event.
pub async fn read(_: &Reading<'_>) -> Result<Read> {
    Ok(Read::Unreadable("Esta conexão ainda não recebe mensagens.".to_owned()))
}
