//! Hands messages over to the company's own systems.

use std::sync::Arc;

use chrono::Utc;
use futures_util::future::BoxFuture;

use super::client::WebhookClient;
use super::event;
use super::link::FileLinks;
use crate::channels::transport::{Attempt, Outgoing, Phase, Signal, Transport};
use crate::files::Files;
use crate::ids::{ChannelId, MessageId};
use crate::keys::{Key, random_bytes};

pub struct WebhookTransport {
    pub channel: ChannelId,
    pub client: WebhookClient,
    pub links: FileLinks,
    pub key: Arc<Key>,
}

impl WebhookTransport {
    /// The id of a message for the receiver: the same in every attempt, so that a repetition can be dropped, and unlike
    /// those of other installations.
    fn id(&self, message: MessageId) -> String {
        let parts: [&[u8]; 3] = [b"webhook message", &self.channel.0.to_be_bytes(), &message.0.to_be_bytes()];
        format!("msg_{}", hex::encode(&self.key.tag(&parts)[..16]))
    }
}

impl Transport for WebhookTransport {
    fn fixed_id(&self, outgoing: &Outgoing) -> Option<String> {
        Some(self.id(outgoing.message))
    }

    fn hand_over<'a>(&'a self, outgoing: &'a Outgoing, _: &'a Files) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let id = self.id(outgoing.message);
            let attempt = match event::message_created(outgoing, &id, &self.links, Utc::now()) {
                Ok(body) => self.client.post(&id, body).await,
                Err(error) => Attempt::new(Phase::BeforeWrite, Signal::NotBegun, error),
            };
            Attempt { provider_id: Some(id), ..attempt }
        })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let id = format!("ping_{}", hex::encode(random_bytes::<16>()));
            let body = event::ping(Utc::now()).map_err(|error| error.to_string())?;
            let attempt = self.client.post(&id, body).await;
            match attempt.signal {
                Signal::Http(200..=299) => {
                    Ok(format!("O servidor respondeu ao evento de teste: {}.", attempt.detail))
                }
                _ => Err(format!("O evento de teste não foi aceito: {}.", attempt.detail)),
            }
        })
    }
}
