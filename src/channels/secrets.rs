//! The secrets of a channel, encrypted at rest.

use std::collections::{BTreeMap, BTreeSet};

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::keys::Key;

/// The first byte of what is stored: the version of the format.
const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Secrets by the name of their field in the form. `Debug` shows the names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// The secret, or an empty text.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The names of the secrets that differ.
    pub fn changed_names<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let names = self.0.keys().chain(other.0.keys()).map(String::as_str);
        names.filter(|name| self.get(name) != other.get(name)).collect()
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Encrypts and decrypts the secrets of channels.
#[derive(Clone)]
pub struct SecretCipher(XChaCha20Poly1305);

impl SecretCipher {
    pub fn new(key: &Key) -> Self {
        Self(XChaCha20Poly1305::new(&key.tag(&[b"cipher"]).into()))
    }

    /// The result belongs to the channel: in another channel's row it cannot be decrypted.
    pub fn encrypt(&self, channel: ChannelId, secrets: &Secrets) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(&secrets.0).map_err(Error::unexpected)?;
        let nonce = XNonce::generate();
        let payload = Payload { msg: &plain, aad: &channel.0.to_be_bytes() };
        let sealed = self.0.encrypt(&nonce, payload).map_err(Error::unexpected)?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// # Errors
    /// `Unexpected` if the installation's secret key is not the one that encrypted them.
    pub fn decrypt(&self, channel: ChannelId, sealed: &[u8]) -> Result<Secrets> {
        let refused =
            || Error::unexpected("the secrets of a channel cannot be decrypted with this secret key");
        let (version, rest) = sealed.split_first().ok_or_else(refused)?;
        let (nonce, sealed) =
            rest.split_at_checked(NONCE).filter(|_| *version == VERSION).ok_or_else(refused)?;
        let nonce = <[u8; NONCE]>::try_from(nonce).map_err(|_| refused())?;
        let payload = Payload { msg: sealed, aad: &channel.0.to_be_bytes() };
        let plain = self.0.decrypt(&nonce.into(), payload).map_err(|_| refused())?;
        serde_json::from_slice(&plain).map(Secrets).map_err(Error::unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    #[test]
    fn secrets_are_read_with_the_same_key_for_the_same_channel_only() {
        let cipher = SecretCipher::new(&Keys::new("a key").key("channels"));
        let mut secrets = Secrets::default();
        secrets.set("password", "hunter2".into());
        let sealed = cipher.encrypt(ChannelId(7), &secrets).unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"));
        assert_eq!(cipher.decrypt(ChannelId(7), &sealed).unwrap(), secrets);
        assert!(cipher.decrypt(ChannelId(8), &sealed).is_err());
        let other = SecretCipher::new(&Keys::new("another key").key("channels"));
        assert!(other.decrypt(ChannelId(7), &sealed).is_err());
        assert!(cipher.decrypt(ChannelId(7), &[]).is_err());
        assert_eq!(format!("{secrets:?}"), r#"{"password"}"#);
    }
}
