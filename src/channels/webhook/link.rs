//! Links to the files of a message.
//!
//! The event names each file with a signed link, and does not hold the bytes: in base64 five files would make a body of
//! more than 100 MB, which most receivers refuse, and each attempt would send them all again.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::channels::TransportOptions;
use crate::channels::transport::OutgoingFile;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::{self, Attachment, ContentHash, Files};
use crate::ids::{AttachmentId, ChannelId};
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
    fn is_valid(&self, hash: ContentHash, name: &str, query: &LinkQuery, now: DateTime<Utc>) -> bool {
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

/// Sends a file to whoever has its link. Not found if the link is forged or has ended, or if the file is gone.
pub async fn show(
    path: web::Path<(String, String)>,
    query: web::Query<LinkQuery>,
    options: web::Data<TransportOptions>,
    db: web::Data<Db>,
    files: web::Data<Files>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (hash, name) = path.into_inner();
    let hash: ContentHash = hash.parse().map_err(|_| Error::NotFound)?;
    if !FileLinks::new(&options).is_valid(hash, &name, &query, Utc::now()) {
        return Err(Error::NotFound);
    }
    let (media_type, size) = db.run(move |conn| files::queries::blob(conn, hash)).await?;
    let file = Attachment { id: AttachmentId(0), sha256: hash, file_name: name, media_type, size };
    files::answer(&files, &file, &request).await
}
