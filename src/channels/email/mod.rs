//! E-mail: messages go out by SMTP and come in by IMAP.

mod settings;

pub use settings::{CLIENT_SECRET, EmailSettings, PASSWORD, REFRESH_TOKEN, Security, SignIn};

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
    Err("Informe o servidor SMTP.".to_owned())
}

/// Reads a mail.
pub async fn read(_: &Reading<'_>) -> Result<Read> {
    Ok(Read::Unreadable("Esta conexão ainda não recebe e-mails.".to_owned()))
}
