//! SQL of webhook channels.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::channels::ChannelKind;
use crate::error::Result;
use crate::ids::ChannelId;
use crate::schema::channels;

/// The sealed secrets of an active webhook channel.
///
/// # Errors
/// `NotFound` if there is no such channel.
pub fn sealed_secrets(conn: &mut PgConnection, channel: ChannelId) -> Result<Option<Vec<u8>>> {
    Ok(channels::table
        .find(channel)
        .filter(channels::kind.eq(ChannelKind::Webhook))
        .filter(channels::deactivated_at.is_null())
        .select(channels::secrets)
        .first(conn)?)
}
