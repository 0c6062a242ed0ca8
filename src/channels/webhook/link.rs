//! Links to the files of a message.
//!
//! The event names each file with a signed link, and does not hold the bytes: in base64 five files would make a body of
//! more than 100 MB, which most receivers refuse, and each attempt would send them all again.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::channels::TransportOptions;
use crate::channels::transport::OutgoingFile;
use crate::files::ContentHash;
use crate::ids::ChannelId;
use crate::keys::Key;

/// How long a link works. The receiver should fetch the file when it gets the event.
const VALID_DAYS: i64 = 7;

/// Makes and checks links to files.
#[derive(Clone)]
pub struct FileLinks {
    /// Without a slash at its end.
    base: String,
    key: Arc<Key>,
}

/// What stands behind the `?` of a link.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LinkQuery {
    channel: i64,
    /// The Unix time at which the link ends.
    until: i64,
    signature: String,
}

impl FileLinks {
    pub fn new(options: &TransportOptions) -> Self {
        Self { base: options.base.clone(), key: options.key.clone() }
    }

    /// The link, and when it ends.
    pub fn link(
        &self,
        channel: ChannelId,
        file: &OutgoingFile,
        now: DateTime<Utc>,
    ) -> (String, DateTime<Utc>) {
        let ends = now + Duration::days(VALID_DAYS);
        let (until, hash) = (ends.timestamp(), file.hash);
        let signature = hex::encode(self.tag(channel, hash, &file.name, until));
        let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
        let base = &self.base;
        (
            format!(
                "{base}/webhook-files/{hash}/{name}?channel={channel}&until={until}&signature={signature}"
            ),
            ends,
        )
    }

    /// Whether we made this link, and it has not ended.
    pub(super) fn is_valid(
        &self,
        hash: ContentHash,
        name: &str,
        query: &LinkQuery,
        now: DateTime<Utc>,
    ) -> bool {
        let given = hex::decode(&query.signature).unwrap_or_default();
        let channel = query.channel.to_be_bytes();
        let parts: [&[u8]; 5] =
            [b"webhook file", &channel, hash.as_bytes(), name.as_bytes(), &query.until.to_be_bytes()];
        self.key.verifies(&parts, &given) && now.timestamp() < query.until
    }

    fn tag(&self, channel: ChannelId, hash: ContentHash, name: &str, until: i64) -> [u8; 32] {
        let (channel, until) = (channel.0.to_be_bytes(), until.to_be_bytes());
        self.key.tag(&[b"webhook file", &channel, hash.as_bytes(), name.as_bytes(), &until])
    }
}
