//! Refresh tokens that a provider exchanged for new ones, encrypted in `channel_states`.
//!
//! Some providers return a new refresh token with each access token and then reject the old one. A stored token is used
//! only while the form still holds the token that it replaced.

use sha2::{Digest, Sha256};

use super::queries;
use crate::channels::{SecretCipher, Secrets};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ChannelId;

/// Names of what is stored: a hash of the typed token, and the token to use instead.
const TYPED: &str = "typed";
const TOKEN: &str = "token";

/// Cheap to clone.
#[derive(Clone)]
pub struct RenewedTokens {
    db: Db,
    cipher: SecretCipher,
}

impl RenewedTokens {
    pub fn new(db: Db, cipher: SecretCipher) -> Self {
        Self { db, cipher }
    }

    /// The same tokens, read through another pool.
    pub fn using(&self, db: &Db) -> Self {
        Self { db: db.clone(), cipher: self.cipher.clone() }
    }

    /// The refresh token to use for the one that was typed.
    pub async fn current(&self, channel: ChannelId, typed: &str) -> Result<String> {
        let stored = self.db.run(move |conn| queries::renewed_token(conn, channel)).await?;
        let Some(sealed) = stored else { return Ok(typed.to_owned()) };
        Ok(match self.cipher.decrypt(channel, &sealed) {
            Ok(stored) if stored.get(TYPED) == hash(typed) => stored.get(TOKEN).to_owned(),
            _ => typed.to_owned(),
        })
    }

    pub async fn store(&self, channel: ChannelId, typed: &str, token: &str) -> Result<()> {
        let mut stored = Secrets::default();
        stored.set(TYPED, hash(typed));
        stored.set(TOKEN, token.to_owned());
        let sealed = self.cipher.encrypt(channel, &stored)?;
        self.db.run(move |conn| queries::set_renewed_token(conn, channel, &sealed)).await
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
