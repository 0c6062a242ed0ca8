//! E-mail: messages go out by SMTP and come in by IMAP.
//!
//! Each of our mails has a Message-ID made from the id of its message ([`ids`]), the same in all attempts, so that the
//! other side can drop a repetition. A reply names it in In-Reply-To or References; the subject never decides what a mail
//! answers. Incoming mails go raw into the inbox ([`fetch`]), and are read from there ([`read`]).

mod compose;
mod connect;
pub mod fetch;
mod ids;
mod imap;
mod oauth;
mod queries;
mod read;
mod renewed;
mod settings;
mod smtp;
mod starttls;

pub use read::{read, sender};
pub use renewed::RenewedTokens;
pub use settings::{CLIENT_SECRET, EmailSettings, PASSWORD, REFRESH_TOKEN, Security, SignIn};

use super::secrets::Secrets;
use super::transport::Transport;
use super::transports::TransportOptions;
use crate::ids::ChannelId;

/// Opens the transport of a channel.
///
/// # Errors
/// A sentence in Portuguese if the settings are incomplete.
pub fn open(
    channel: ChannelId,
    settings: &serde_json::Value,
    secrets: &Secrets,
    options: &TransportOptions,
) -> Result<Box<dyn Transport>, String> {
    Ok(Box::new(smtp::EmailTransport::new(
        channel,
        read_settings(settings)?,
        secrets.clone(),
        options.clone(),
    )?))
}

fn read_settings(settings: &serde_json::Value) -> Result<EmailSettings, String> {
    serde_json::from_value(settings.clone())
        .map_err(|_| "As configurações desta conexão não podem ser lidas. Salve-as de novo.".to_owned())
}
