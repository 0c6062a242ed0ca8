//! Refresh tokens that a provider exchanged for new ones, encrypted in `channel_states`.
//!
//! Some providers give a new refresh token with each access token, and some of them accept the old one no longer. The
//! stored one belongs to the token that was typed in the channel's form: when another is typed, it is not used any more.

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

    /// The same tokens, by other connections.
    pub fn by(&self, db: &Db) -> Self {
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
