//! Webhook: messages go to an address of the company's own systems, signed by Standard Webhooks, and come in the same
//! way. docs/webhook.md describes both for developers.

mod client;
mod event;
pub mod files;
pub mod inbox;
mod link;
mod queries;
mod rate_limit;
mod read;
mod settings;
mod signature;
mod transport;

pub use rate_limit::InboxRateLimit;
pub use read::{read, sender};
pub use settings::{PREVIOUS_SECRET, SECRET, WebhookSettings};
pub use signature::{Secret, SignedHead, SigningSecrets};

use super::secrets::Secrets;
use super::transport::Transport;
use super::transports::TransportOptions;
use crate::error::Result;
use crate::ids::ChannelId;
use client::WebhookClient;
use link::FileLinks;
use transport::WebhookTransport;

/// # Errors
/// A sentence in Portuguese: the settings are incomplete.
pub fn open(
    channel: ChannelId,
    settings: &serde_json::Value,
    secrets: &Secrets,
    options: &TransportOptions,
) -> Result<Box<dyn Transport>, String> {
    let incomplete = || "Informe o endereço do webhook.".to_owned();
    let settings: WebhookSettings = serde_json::from_value(settings.clone()).map_err(|_| incomplete())?;
    let url = settings.parsed_url(options.allows_private_addresses)?;
    let secrets = SigningSecrets::of(secrets).ok_or("Informe o segredo do webhook.")?;
    let client = WebhookClient {
        url,
        secrets,
        allows_private_addresses: options.allows_private_addresses,
        time_limit: options.time_limits.step,
    };
    let links = FileLinks::new(options);
    Ok(Box::new(WebhookTransport { channel, client, links, key: options.key.clone() }))
}
