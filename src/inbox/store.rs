//! Writes what a service sent, before the service gets its answer.

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use super::queries;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::live::{self, Event};

/// Maximum characters of a service's id that are stored as they are.
const MAX_ID: usize = 300;

/// Writes a row, within the caller's transaction, and wakes the workers. Returns `false` if the row with this id exists:
/// the service sent it again.
pub fn store(conn: &mut PgConnection, channel: ChannelId, provider_id: &str, payload: &[u8]) -> Result<bool> {
    let is_new = queries::insert(conn, channel, &stored_id(provider_id), payload)?;
    if is_new {
        live::announce(conn, &Event::MessagesArrived)?;
    }
    Ok(is_new)
}

/// An id as it is stored. A long one, or one with control characters, becomes its hash.
pub(super) fn stored_id(id: &str) -> String {
    match id.chars().count() > MAX_ID || id.chars().any(char::is_control) || id.is_empty() {
        true => format!("sha256:{}", hex::encode(Sha256::digest(id.as_bytes()))),
        false => id.to_owned(),
    }
}
