//! SQL of files: attachments, uploads and blobs. `volume` limits uploads per hour, `sweeping` finds what nothing
//! refers to.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;

mod sweeping;
pub mod volume;

pub use sweeping::{BlobLock, MAX_ROWS, delete_unused, lock_blob, remove_old_uploads, unused_blobs};

use super::{Attachment, ContentHash, FileName};
use crate::db;
use crate::error::Result;
use crate::ids::{AttachmentId, MessageId, UserId};
use crate::schema::{attachments, blobs};

/// Creates the blob's row or renews its claim, so that the sweeper leaves it alone for an hour.
pub fn claim_blob(conn: &mut PgConnection, hash: ContentHash, size: u64, media_type: &str) -> Result<()> {
    diesel::insert_into(blobs::table)
        .values((blobs::sha256.eq(hash), blobs::size.eq(size as i64), blobs::media_type.eq(media_type)))
        .on_conflict(blobs::sha256)
        .do_update()
        .set(blobs::claimed_at.eq(sql::<Timestamptz>("clock_timestamp()")))
        .execute(conn)?;
    Ok(())
}

/// The media type and the size of a stored file.
///
/// # Errors
/// `NotFound` if there is no such file.
pub fn blob(conn: &mut PgConnection, hash: ContentHash) -> Result<(String, i64)> {
    Ok(blobs::table.find(hash).select((blobs::media_type, blobs::size)).first(conn)?)
}

/// The columns of `Attachment`, of the attachment `a` and its blob `b`, in SQL.
pub const ATTACHMENT_COLUMNS: &str = "a.id, a.sha256, a.file_name, b.media_type, b.size";

/// Number of unused uploads of `uploader`; counting stops at `most`.
pub fn count_unused(conn: &mut PgConnection, uploader: UserId, most: i64) -> Result<i64> {
    // Counts within a subquery that stops at the maximum. The builder has no subqueries in FROM.
    Ok(db::prepared(
        "SELECT count(*)
           FROM (SELECT FROM attachments WHERE uploaded_by = $1 AND schedule_id IS NULL AND message_id IS NULL
                  LIMIT $2) loose",
    )
    .bind(uploader)
    .bind(most)
    .get_result(conn)?)
}

/// Creates an upload: an attachment that belongs only to its uploader.
pub fn add_upload(
    conn: &mut PgConnection,
    hash: ContentHash,
    name: &FileName,
    uploader: UserId,
) -> Result<Attachment> {
    // One statement. The builder has no WITH.
    Ok(db::prepared(format!(
        "WITH a AS (INSERT INTO attachments (sha256, file_name, uploaded_by) VALUES ($1, $2, $3) RETURNING *)
         SELECT {ATTACHMENT_COLUMNS} FROM a JOIN blobs b USING (sha256)"
    ))
    .bind(hash)
    .bind(name.as_str())
    .bind(uploader)
    .get_result(conn)?)
}

/// Attaches a stored file to a customer's message.
pub fn add_to_message(
    conn: &mut PgConnection,
    message: MessageId,
    hash: ContentHash,
    name: &FileName,
) -> Result<()> {
    diesel::insert_into(attachments::table)
        .values((
            attachments::sha256.eq(hash),
            attachments::file_name.eq(name.as_str()),
            attachments::message_id.eq(message),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes an unused upload of `uploader`; `false` if there is none with this id.
pub fn remove_upload(conn: &mut PgConnection, id: AttachmentId, uploader: UserId) -> Result<bool> {
    let unused = attachments::table
        .find(id)
        .filter(attachments::uploaded_by.eq(uploader))
        .filter(attachments::schedule_id.is_null())
        .filter(attachments::message_id.is_null());
    Ok(diesel::delete(unused).execute(conn)? == 1)
}

pub fn by_id(conn: &mut PgConnection, id: AttachmentId) -> Result<Attachment> {
    Ok(attachments::table
        .inner_join(blobs::table)
        .filter(attachments::id.eq(id))
        .select(Attachment::as_select())
        .first(conn)?)
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
    let rows: Vec<(MessageId, Attachment)> = attachments::table
        .inner_join(blobs::table)
        .filter(attachments::message_id.eq_any(messages))
        .order((attachments::message_id, attachments::id))
        .select((attachments::message_id.assume_not_null(), Attachment::as_select()))
        .load(conn)?;
    for (message, attachment) in rows {
        found.entry(message).or_default().push(attachment);
    }
    Ok(found)
}
