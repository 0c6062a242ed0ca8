//! Queries for files.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};

mod sweeping;
pub mod volume;

pub use sweeping::{BATCH, Locked, delete_unused, lock_blob, remove_old_uploads, unused_blobs};

use super::{Attachment, ContentHash, FileName};
use crate::conversations;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{AttachmentId, ContactId, MessageId, ScheduleId, UserId};
use crate::schedules::is_readable;

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

const SHOWN: &str = "a.id, a.sha256, a.file_name, b.media_type, b.size";

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

/// Those of `ids` that `user` may attach to a schedule: their own unused uploads, and files of schedules that
/// they may read (when a form is shown again, or a schedule is edited or copied).
pub fn usable(conn: &mut PgConnection, user: UserId, ids: &[AttachmentId]) -> Result<Vec<Attachment>> {
    Ok(db::prepared(format!(
        "SELECT {SHOWN}
           FROM attachments a JOIN blobs b USING (sha256) LEFT JOIN schedules s ON s.id = a.schedule_id
          WHERE a.id = ANY($2)
            AND ((a.uploaded_by = $1 AND a.schedule_id IS NULL AND a.message_id IS NULL)
                 OR (s.id IS NOT NULL AND {readable}))
          ORDER BY a.id",
        readable = is_readable("$1")
    ))
    .bind::<BigInt, _>(user)
    .bind::<Array<BigInt>, _>(ids)
    .load(conn)?)
}

/// Makes `ids` the files of `schedule`, in the transaction that saves it: takes over uploads of `user`,
/// copies files of other schedules, and removes files that are not listed. `false` if one is no longer
/// usable.
pub fn attach(
    conn: &mut PgConnection,
    schedule: ScheduleId,
    user: UserId,
    ids: &[AttachmentId],
) -> Result<bool> {
    db::prepared("DELETE FROM attachments WHERE schedule_id = $1 AND id <> ALL($2)")
        .bind::<BigInt, _>(schedule)
        .bind::<Array<BigInt>, _>(ids)
        .execute(conn)?;
    let taken = db::prepared(
        "UPDATE attachments SET schedule_id = $1
          WHERE id = ANY($2) AND (schedule_id = $1
                OR (uploaded_by = $3 AND schedule_id IS NULL AND message_id IS NULL))",
    )
    .bind::<BigInt, _>(schedule)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<BigInt, _>(user)
    .execute(conn)?;
    let copied = db::prepared(format!(
        "INSERT INTO attachments (sha256, file_name, uploaded_by, schedule_id)
         SELECT a.sha256, a.file_name, $3, $1
           FROM attachments a JOIN schedules s ON s.id = a.schedule_id
          WHERE a.id = ANY($2) AND s.id <> $1 AND {readable} ORDER BY a.id",
        readable = is_readable("$3")
    ))
    .bind::<BigInt, _>(schedule)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<BigInt, _>(user)
    .execute(conn)?;
    Ok(taken + copied == ids.len())
}

/// The files of a schedule.
pub fn of_schedule(conn: &mut PgConnection, schedule: ScheduleId) -> Result<Vec<Attachment>> {
    Ok(db::prepared(format!(
        "SELECT {SHOWN} FROM attachments a JOIN blobs b USING (sha256) WHERE a.schedule_id = $1 ORDER BY a.id"
    ))
    .bind::<BigInt, _>(schedule)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = Bool)]
    is_readable: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    contact_id: Option<ContactId>,
}

/// A file that `viewer` may see: their own upload, or a file of a schedule or conversation that they may
/// read.
pub fn readable(conn: &mut PgConnection, viewer: UserId, id: AttachmentId) -> Result<Attachment> {
    let owner: Owner = db::prepared(format!(
        "SELECT CASE WHEN s.id IS NOT NULL THEN {readable}
                     ELSE a.message_id IS NULL AND coalesce(a.uploaded_by = $2, false) END AS is_readable,
                m.contact_id
           FROM attachments a
           LEFT JOIN schedules s ON s.id = a.schedule_id
           LEFT JOIN messages m ON m.id = a.message_id
          WHERE a.id = $1",
        readable = is_readable("$2")
    ))
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(viewer)
    .get_result(conn)?;
    let may_read = match owner.contact_id {
        Some(contact) => !conversations::readers::readers(conn, contact, &[viewer])?.is_empty(),
        None => owner.is_readable,
    };
    if may_read { by_id(conn, id) } else { Err(Error::NotFound) }
}

/// A file that was sent to `contact`.
pub fn sent_to(conn: &mut PgConnection, contact: ContactId, id: AttachmentId) -> Result<Attachment> {
    Ok(db::prepared(format!(
        "SELECT {SHOWN}
           FROM attachments a JOIN blobs b USING (sha256) JOIN messages m ON m.id = a.message_id
          WHERE a.id = $1 AND m.contact_id = $2 AND m.kind IN ('customer', 'attendant')"
    ))
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(contact)
    .get_result(conn)?)
}

fn by_id(conn: &mut PgConnection, id: AttachmentId) -> Result<Attachment> {
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
