//! The secret that signs the messages of a webhook channel, both ways. While a new one is being introduced on the other
//! side, the former one is valid too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries::Channel;
use super::stored::StoredChannel;
use super::webhook::{PREVIOUS_SECRET, SECRET};
use super::{ChannelKind, SecretCipher, Secrets, queries};
use crate::audit::{self, Action, Entry};
use crate::auth::Account;
use crate::error::{Error, Result};
use crate::ids::ChannelId;

/// A secret as Standard Webhooks writes it.
pub fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// Makes a new secret, which is returned to be shown once. The one before stays valid until it is removed.
///
/// # Errors
/// `NotFound` if the channel is no webhook.
pub fn rotate(
    conn: &mut PgConnection,
    by: &Account,
    id: ChannelId,
    cipher: &SecretCipher,
) -> Result<(Channel, String)> {
    let secret = new_secret();
    let channel = change(conn, by, (id, "secret"), cipher, |secrets| {
        let former = secrets.get(SECRET).to_owned();
        secrets.set(PREVIOUS_SECRET, former);
        secrets.set(SECRET, secret.clone());
    })?;
    Ok((channel, secret))
}

/// Ends the validity of the former secret.
///
/// # Errors
/// `NotFound` if the channel is no webhook.
pub fn remove_previous(
    conn: &mut PgConnection,
    by: &Account,
    id: ChannelId,
    cipher: &SecretCipher,
) -> Result<()> {
    change(conn, by, (id, "previous_secret"), cipher, |secrets| secrets.remove(PREVIOUS_SECRET)).map(drop)
}

/// Changes the secrets of a webhook; `field` is the name for the audit.
fn change(
    conn: &mut PgConnection,
    by: &Account,
    (id, field): (ChannelId, &str),
    cipher: &SecretCipher,
    change: impl FnOnce(&mut Secrets),
) -> Result<Channel> {
    let stored = StoredChannel::open(queries::find_for_update(conn, id)?, cipher);
    if stored.channel.kind != ChannelKind::Webhook {
        return Err(Error::NotFound);
    }
    let mut secrets = stored.secrets.clone();
    change(&mut secrets);
    if secrets != stored.secrets {
        queries::set_secrets(conn, id, &secrets, cipher)?;
        let entry = Entry::of(Action::ChannelEdited).by(by).about(Some(id.0));
        audit::record(conn, &entry.with(json!({ "fields": [field] })))?;
    }
    Ok(stored.channel)
}
