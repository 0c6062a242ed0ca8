//! Webhook: messages go to an address of the company's own systems, signed by Standard Webhooks, and come in the same
//! way.

mod settings;

pub use settings::{PREVIOUS_SECRET, SECRET, WebhookSettings};

use super::secrets::Secrets;
use super::transport::Transport;
use super::transports::TransportOptions;
use crate::ids::ChannelId;

pub fn open(
    _: ChannelId,
    _: &serde_json::Value,
    _: &Secrets,
    _: &TransportOptions,
) -> Result<Box<dyn Transport>, String> {
    Err("Informe o endereço do webhook.".to_owned())
}
