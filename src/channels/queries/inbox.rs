//! Incoming messages that could not be read. Text, because it reads only the beginning of a message, and the database's
//! clock.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::ids::{ChannelId, InboxId};

/// Maximum messages that the page of a channel lists.
const LIMIT: i64 = 20;

/// Maximum bytes of a message that are loaded, to show how it begins.
const BEGINNING: i32 = 64 * 1024;

db::row! {
    /// An incoming message that could not be read.
    #[derive(Clone, Debug)]
    pub struct Unread {
        pub id: InboxId,
        pub received_at: DateTime<Utc>,
        pub provider_id: String,
        pub problem: String,
        /// Its first bytes.
        pub beginning: Vec<u8>,
    }
}

/// The newest messages of a channel that could not be read.
pub fn unread(conn: &mut PgConnection, channel: ChannelId) -> Result<Vec<Unread>> {
    Ok(db::prepared(
        "SELECT id, received_at, provider_id, problem, substring(payload FROM 1 FOR $3) AS beginning FROM inbox
          WHERE channel_id = $1 AND problem IS NOT NULL ORDER BY channel_id, id DESC LIMIT $2",
    )
    .bind(channel)
    .bind(LIMIT)
    .bind(BEGINNING)
    .load(conn)?)
}

/// Lets the message be read again. `false` if it has no problem, or if its content is not here.
pub fn retry(conn: &mut PgConnection, channel: ChannelId, message: InboxId) -> Result<bool> {
    let changed = db::prepared(
        "UPDATE inbox SET problem = NULL, tries = 0, next_try_at = clock_timestamp()
          WHERE channel_id = $1 AND id = $2 AND problem IS NOT NULL AND octet_length(payload) > 0",
    )
    .bind(channel)
    .bind(message)
    .execute(conn)?;
    Ok(changed == 1)
}
