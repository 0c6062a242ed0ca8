//! Queries for files.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text};

mod sweeping;
pub mod volume;

pub use sweeping::{BATCH, Locked, delete_unused, lock_blob, remove_old_uploads, unused_blobs};

use super::{Attachment, ContentHash, FileName};
use crate::db;
use crate::error::Result;
use crate::ids::{AttachmentId, MessageId, UserId};

/// Creates the blob's row or renews its claim, so that the sweeper leaves it alone for an hour.
pub fn claim_blob(conn: &mut PgConnection, hash: ContentHash, size: u64, media_type: &str) -> Result<()> {
    db::prepared(
        "INSERT INTO blobs (sha256, size, media_type) VALUES ($1, $2, $3)
         ON CONFLICT (sha256) DO UPDATE SET claimed_at = clock_timestamp()",
    )
    .bind::<Binary, _>(hash)
    .bind::<BigInt, _>(size as i64)
    .bind::<Text, _>(media_type)
    .execute(conn)?;
    Ok(())
}

/// The columns of `Attachment`, of the attachment `a` and its blob `b`, in SQL.
pub const SHOWN: &str = "a.id, a.sha256, a.file_name, b.media_type, b.size";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Number of unused uploads of `uploader`; counting stops at `most`.
pub fn count_loose(conn: &mut PgConnection, uploader: UserId, most: i64) -> Result<i64> {
    let row: Count = db::prepared(
        "SELECT count(*) AS count
           FROM (SELECT FROM attachments WHERE uploaded_by = $1 AND schedule_id IS NULL AND message_id IS NULL
                  LIMIT $2) loose",
    )
    .bind::<BigInt, _>(uploader)
    .bind::<BigInt, _>(most)
    .get_result(conn)?;
    Ok(row.count)
}

/// Creates an upload: an attachment that belongs only to its uploader.
pub fn add_upload(
    conn: &mut PgConnection,
    hash: ContentHash,
    name: &FileName,
    uploader: UserId,
) -> Result<Attachment> {
    Ok(db::prepared(format!(
        "WITH a AS (INSERT INTO attachments (sha256, file_name, uploaded_by) VALUES ($1, $2, $3) RETURNING *)
         SELECT {SHOWN} FROM a JOIN blobs b USING (sha256)"
    ))
    .bind::<Binary, _>(hash)
    .bind::<Text, _>(name.as_str())
    .bind::<BigInt, _>(uploader)
    .get_result(conn)?)
}

/// Deletes an unused upload of `uploader`; `false` if there is none with this id.
pub fn remove_upload(conn: &mut PgConnection, id: AttachmentId, uploader: UserId) -> Result<bool> {
    let removed = db::prepared(
        "DELETE FROM attachments
          WHERE id = $1 AND uploaded_by = $2 AND schedule_id IS NULL AND message_id IS NULL",
    )
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(uploader)
    .execute(conn)?;
    Ok(removed == 1)
}

pub fn by_id(conn: &mut PgConnection, id: AttachmentId) -> Result<Attachment> {
    Ok(db::prepared(format!("SELECT {SHOWN} FROM attachments a JOIN blobs b USING (sha256) WHERE a.id = $1"))
        .bind::<BigInt, _>(id)
        .get_result(conn)?)
}

#[derive(QueryableByName)]
struct OfMessage {
    #[diesel(sql_type = BigInt)]
    message_id: MessageId,
    #[diesel(embed)]
    attachment: Attachment,
}

/// The files of several messages, in one statement.
pub fn of_messages(
    conn: &mut PgConnection,
    messages: &[MessageId],
) -> Result<BTreeMap<MessageId, Vec<Attachment>>> {
    let mut found: BTreeMap<MessageId, Vec<Attachment>> = BTreeMap::new();
    if messages.is_empty() {
        return Ok(found);
    }
    let rows: Vec<OfMessage> = db::prepared(format!(
        "SELECT a.message_id, {SHOWN} FROM attachments a JOIN blobs b USING (sha256)
          WHERE a.message_id = ANY($1) ORDER BY a.message_id, a.id"
    ))
    .bind::<Array<BigInt>, _>(messages)
    .load(conn)?;
    for OfMessage { message_id, attachment } in rows {
        found.entry(message_id).or_default().push(attachment);
    }
    Ok(found)
}
