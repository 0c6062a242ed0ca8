//! Opens the transport of a channel.

use std::sync::Arc;
use std::time::Duration;

use super::ChannelKind;
use super::email::RenewedTokens;
use super::secrets::Secrets;
use super::transport::Transport;
use crate::config::Config;
use crate::db::Db;
use crate::ids::ChannelId;
use crate::keys::{Key, Keys};

/// How long a service may take.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// Until a webhook has answered, as Standard Webhooks recommends; and for each reply of a mail server.
    pub step: Duration,
    /// For a whole attempt with a mail server. What is left of it is for the content.
    pub attempt: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { step: Duration::from_secs(15), attempt: Duration::from_secs(110) }
    }
}

/// What transports of this installation share. Cheap to clone.
#[derive(Clone)]
pub struct TransportOptions {
    /// Whether services at private and loopback addresses may be called.
    pub allows_private_addresses: bool,
    /// The host name of this installation, for the ids of mails.
    pub host: String,
    /// The public address of this installation, without a slash at its end.
    pub base: String,
    /// Makes ids and reply tokens that others cannot guess.
    pub key: Arc<Key>,
    pub renewed_tokens: RenewedTokens,
    pub time_limits: TimeLimits,
}

impl TransportOptions {
    pub fn new(config: &Config, keys: &Keys, renewed_tokens: RenewedTokens) -> Self {
        Self {
            allows_private_addresses: config.allows_private_addresses,
            host: config.public_url.host_str().unwrap_or("localhost").to_owned(),
            base: config.link(""),
            key: Arc::new(keys.key("transports")),
            renewed_tokens,
            time_limits: TimeLimits::default(),
        }
    }

    /// The same options, whose tokens are read through another pool.
    pub fn by(&self, db: &Db) -> Self {
        Self { renewed_tokens: self.renewed_tokens.using(db), ..self.clone() }
    }
}

/// Opens the transport of a channel with its settings.
///
/// # Errors
/// A sentence in Portuguese: the settings are incomplete, or the kind cannot send yet.
pub fn open(
    kind: ChannelKind,
    channel: ChannelId,
    settings: &serde_json::Value,
    secrets: &Secrets,
    options: &TransportOptions,
) -> Result<Box<dyn Transport>, String> {
    match kind {
        ChannelKind::Email => super::email::open(channel, settings, secrets, options),
        ChannelKind::Webhook => super::webhook::open(channel, settings, secrets, options),
        ChannelKind::WebChat | ChannelKind::Whatsapp | ChannelKind::Telegram => {
            Err("Conexões deste tipo ainda não enviam mensagens.".to_owned())
        }
    }
}
