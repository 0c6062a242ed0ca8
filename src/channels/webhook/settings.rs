//! The settings of a webhook channel, as stored in `channels.settings`.

use serde::{Deserialize, Serialize};
use url::Url;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookSettings {
    /// Where messages are posted.
    pub url: String,
}

/// Name of the secret that signs the events of both sides. It begins with `whsec_`.
pub const SECRET: &str = "secret";

/// Name of the secret that `SECRET` replaced. It stays valid until somebody removes it, so that the other side has time
/// to change.
pub const PREVIOUS_SECRET: &str = "previous_secret";

impl WebhookSettings {
    /// The address, if it is usable. It must begin with `https://`, because anybody on the way could read a message
    /// sent without TLS; `http://` is allowed only together with private addresses.
    ///
    /// # Errors
    /// A sentence in Portuguese.
    pub fn parsed_url(&self, allows_private_addresses: bool) -> Result<Url, String> {
        let text = self.url.trim();
        if text.is_empty() {
            return Err("Informe o endereço do webhook.".to_owned());
        }
        let url = Url::parse(text).ok().filter(|url| url.has_host());
        match url {
            Some(url) if url.scheme() == "https" => Ok(url),
            Some(url) if url.scheme() == "http" && allows_private_addresses => Ok(url),
            Some(url) if url.scheme() == "http" => Err("O endereço deve começar com https://.".to_owned()),
            _ => Err("O endereço não é válido. Exemplo: https://sistema.exemplo.com.br/pontual".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_tls_unless_private_networks_are_allowed() {
        let parsed = |url: &str, allows| WebhookSettings { url: url.to_owned() }.parsed_url(allows).is_ok();
        assert!(parsed("https://a.example/x?y=1", false));
        assert!(!parsed("http://a.example/x", false) && parsed("http://a.example/x", true));
        for bad in ["", "a.example", "ftp://a.example", "mailto:a@b.example", "file:///etc/passwd"] {
            assert!(!parsed(bad, true), "{bad}");
        }
    }
}
