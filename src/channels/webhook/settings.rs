//! The settings of a webhook channel, as stored in `channels.settings`.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookSettings {
    /// Where messages are posted.
    pub url: String,
}

/// Name of the secret `whsec_…` that signs what we send, and what the other side sends us. While it is changed, the
/// former one, in `PREVIOUS_SECRET`, is valid too.
pub const SECRET: &str = "secret";
pub const PREVIOUS_SECRET: &str = "previous_secret";
