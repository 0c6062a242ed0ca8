//! How a channel reads what its service sent.

use serde_json::Value;

use super::{ChannelMessage, IncomingFile};
use crate::channels::transport::Attempt;
use crate::channels::{ChannelKind, TransportOptions, email, webhook};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::{self, FileName, Files, MAX_SIZE, NotAccepted};
use crate::ids::ChannelId;

/// A row of the inbox, and what its channel needs to read it.
pub struct Reading<'a> {
    pub channel: ChannelId,
    /// `channels.settings`.
    pub settings: &'a Value,
    /// The key under which the row was stored.
    pub provider_id: &'a str,
    pub payload: &'a [u8],
    pub db: &'a Db,
    pub files: &'a Files,
    pub options: &'a TransportOptions,
}

/// What a payload is.
#[derive(Clone, Debug)]
pub enum Read {
    Message(Box<ChannelMessage>),
    /// The service reports on one of our messages: a status, or a bounce. Its phase is `Reported`.
    Report {
        /// The id of our message, as `Attempt::provider_id` gave it.
        provider_id: String,
        reported: Attempt,
    },
    /// It is none of our business, such as an automatic answer. Holds the reason, in English, for the log.
    Ignored(String),
    /// It can never be read, so a person must look at it. Holds the reason, in Portuguese.
    Unreadable(String),
}

impl Reading<'_> {
    /// Reads the payload. After an error or a panic, the worker tries again a few times.
    pub async fn read(&self, kind: ChannelKind) -> Result<Read> {
        match kind {
            ChannelKind::Email => email::read(self).await,
            ChannelKind::Webhook => webhook::read(self).await,
            ChannelKind::WebChat | ChannelKind::Whatsapp | ChannelKind::Telegram => {
                Ok(Read::Unreadable("Conexões deste tipo ainda não recebem mensagens.".to_owned()))
            }
        }
    }

    /// Stores a file of the message, with the limits and checks of uploads. The inner error is a sentence that says why the
    /// file is refused.
    ///
    /// # Errors
    /// `Unavailable` while the virus scanner cannot be reached.
    pub async fn keep(&self, name: &str, content: &[u8]) -> Result<Result<IncomingFile, String>> {
        let name = FileName::of(name);
        let mut incoming = self.files.receive(MAX_SIZE).await?;
        match incoming.write(content).await {
            Ok(()) => {}
            Err(Error::TooLarge) => return Ok(Err(files::too_large(&name))),
            Err(error) => return Err(error),
        }
        let received = incoming.finish().await?;
        match files::accept(self.files, name, received).await? {
            Ok(accepted) => {
                files::keep(self.db, self.files, &accepted).await?;
                Ok(Ok(IncomingFile { hash: accepted.hash(), name: accepted.name }))
            }
            Err(NotAccepted::Refused(sentence)) => Ok(Err(sentence)),
            // Nobody can send it again: the message waits until the scanner answers.
            Err(NotAccepted::NotScanned(_, error)) => Err(error.into()),
        }
    }
}
