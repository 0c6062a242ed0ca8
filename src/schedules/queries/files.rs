//! The files of schedules.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::is_readable;
use crate::db;
use crate::error::Result;
use crate::files::Attachment;
use crate::files::queries::ATTACHMENT_COLUMNS;
use crate::ids::{AttachmentId, ScheduleId, UserId};
use crate::schema::attachments;

/// Those of `ids` that `user` may attach to a schedule, in the order of their ids: their own uploads that are
/// not attached yet, and files of schedules that they may read.
pub fn usable(conn: &mut PgConnection, user: UserId, ids: &[AttachmentId]) -> Result<Vec<Attachment>> {
    // SQL text: the conditions and columns are shared as text.
    Ok(db::prepared(format!(
        "SELECT {ATTACHMENT_COLUMNS}
           FROM attachments a JOIN blobs b USING (sha256) LEFT JOIN schedules s ON s.id = a.schedule_id
          WHERE a.id = ANY($2)
            AND ((a.uploaded_by = $1 AND a.schedule_id IS NULL AND a.message_id IS NULL)
                 OR (s.id IS NOT NULL AND {readable}))
          ORDER BY a.id",
        readable = is_readable("$1")
    ))
    .bind(user)
    .bind(ids)
    .load(conn)?)
}

/// Attaches these files, and no others, to a schedule, in the transaction that saves it. Uploads of `user` are
/// attached, files of other schedules are copied, and its own files are kept. Returns `false` if one of them
/// can no longer be used.
pub fn attach(
    conn: &mut PgConnection,
    schedule: ScheduleId,
    user: UserId,
    ids: &[AttachmentId],
) -> Result<bool> {
    diesel::delete(attachments::table)
        .filter(attachments::schedule_id.eq(schedule))
        .filter(attachments::id.ne_all(ids))
        .execute(conn)?;
    let is_free = attachments::uploaded_by
        .eq(user)
        .and(attachments::schedule_id.is_null())
        .and(attachments::message_id.is_null());
    let taken = diesel::update(attachments::table)
        .filter(attachments::id.eq_any(ids))
        .filter(attachments::schedule_id.eq(schedule).or(is_free))
        .set(attachments::schedule_id.eq(schedule))
        .execute(conn)?;
    // SQL text: the condition `is_readable` is shared as text.
    let copied = db::prepared(format!(
        "INSERT INTO attachments (sha256, file_name, uploaded_by, schedule_id)
         SELECT a.sha256, a.file_name, $3, $1
           FROM attachments a JOIN schedules s ON s.id = a.schedule_id
          WHERE a.id = ANY($2) AND s.id <> $1 AND {readable} ORDER BY a.id",
        readable = is_readable("$3")
    ))
    .bind(schedule)
    .bind(ids)
    .bind(user)
    .execute(conn)?;
    Ok(taken + copied == ids.len())
}

/// The files of a schedule.
pub fn of_schedule(conn: &mut PgConnection, schedule: ScheduleId) -> Result<Vec<Attachment>> {
    // SQL text: the columns are shared as text.
    Ok(db::prepared(format!(
        "SELECT {ATTACHMENT_COLUMNS} FROM attachments a JOIN blobs b USING (sha256) WHERE a.schedule_id = $1 ORDER BY a.id"
    ))
    .bind(schedule)
    .load(conn)?)
}
