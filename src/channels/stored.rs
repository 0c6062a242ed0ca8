//! A channel as stored, with its secrets decrypted.

use sha2::{Digest, Sha256};

use super::form::{ChannelDraft, KindDraft, WebChatDraft};
use super::queries::Channel;
use super::{ChannelKind, SecretCipher, Secrets};
use crate::error::{Error, Result};

#[derive(Clone, Debug)]
pub struct StoredChannel {
    pub channel: Channel,
    pub secrets: Secrets,
    /// Whether the secrets were encrypted with another secret key, so that they must be typed again.
    pub has_unreadable_secrets: bool,
}

impl StoredChannel {
    pub fn open(channel: Channel, cipher: &SecretCipher) -> Self {
        let (secrets, has_unreadable_secrets) = match &channel.secrets {
            None => (Secrets::default(), false),
            Some(sealed) => match cipher.decrypt(channel.id, sealed) {
                Ok(secrets) => (secrets, false),
                Err(error) => {
                    tracing::error!(%error, channel = channel.id.0, "the secrets of a channel cannot be read");
                    (Secrets::default(), true)
                }
            },
        };
        Self { channel, secrets, has_unreadable_secrets }
    }

    /// The stored values in the types of the form.
    pub fn draft(&self) -> Result<ChannelDraft> {
        let channel = &self.channel;
        let settings = &channel.settings;
        let kind = match channel.kind {
            ChannelKind::WebChat => KindDraft::WebChat(WebChatDraft {
                public_name: channel.public_name.clone(),
                // Fails if white text is not readable on the saved colour.
                colour: channel.colour.parse().map_err(|_| Error::unexpected("a channel without colour"))?,
                greeting: channel.greeting.clone(),
            }),
            ChannelKind::Email => KindDraft::Email(read(settings)?),
            ChannelKind::Webhook => KindDraft::Webhook(read(settings)?),
            ChannelKind::Whatsapp | ChannelKind::Telegram => return Err(Error::NotFound),
        };
        Ok(ChannelDraft { name: channel.name.clone(), department: channel.department_id, kind })
    }

    /// Changes whenever a secret does, and says nothing about it: each encryption of the same secret is different.
    pub fn secrets_version(&self) -> String {
        self.channel.secrets.as_ref().map_or_else(String::new, |sealed| hex::encode(Sha256::digest(sealed)))
    }
}

fn read<T: serde::de::DeserializeOwned>(settings: &serde_json::Value) -> Result<T> {
    serde_json::from_value(settings.clone()).map_err(Error::unexpected)
}
