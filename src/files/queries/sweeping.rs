//! Queries of the sweeper.

use diesel::dsl::{exists, select};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::files::ContentHash;
use crate::schema::blobs;

/// Maximum rows per statement.
pub const MAX_ROWS: usize = 500;

/// Deletes uploads that have been unused for a day, up to `MAX_ROWS`.
pub fn remove_old_uploads(conn: &mut PgConnection) -> Result<usize> {
    // The builder has no subquery that locks rows.
    Ok(db::prepared(
        "DELETE FROM attachments WHERE id IN (
            SELECT id FROM attachments
             WHERE schedule_id IS NULL AND message_id IS NULL AND created_at < clock_timestamp() - interval '1 day'
             ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(MAX_ROWS as i64)
    .execute(conn)?)
}

/// The unused blobs within one page of blobs.
pub struct BlobPage {
    pub unused: Vec<ContentHash>,
    /// Where the next page starts; `None` after the last page.
    pub last: Option<ContentHash>,
}

/// Reads a page of blobs in the order of their hashes, and finds those that have been unused for an hour.
pub fn unused_blobs(conn: &mut PgConnection, after: Option<ContentHash>) -> Result<BlobPage> {
    // Checks one page of blobs at a time. The builder has no subqueries in FROM.
    let rows: Vec<(ContentHash, bool)> = db::prepared(
        "SELECT b.sha256,
                b.claimed_at < clock_timestamp() - interval '1 hour'
                AND NOT EXISTS (SELECT FROM attachments a WHERE a.sha256 = b.sha256)
                AND NOT EXISTS (SELECT FROM settings s WHERE s.logo_sha256 = b.sha256) 
           FROM (SELECT sha256, claimed_at FROM blobs WHERE $1 IS NULL OR sha256 > $1
                  ORDER BY sha256 LIMIT $2) b ORDER BY b.sha256",
    )
    .bind(after)
    .bind(MAX_ROWS as i64)
    .load(conn)?;
    let last = rows.last().filter(|_| rows.len() == MAX_ROWS).map(|(hash, _)| *hash);
    let unused = rows.into_iter().filter(|(_, is_unused)| *is_unused).map(|(hash, _)| hash).collect();
    Ok(BlobPage { unused, last })
}

/// Deletes a blob's row; `false` if it was claimed meanwhile or another transaction locks it. Fails with a
/// foreign key violation if something refers to the row.
pub fn delete_unused(conn: &mut PgConnection, hash: ContentHash) -> Result<bool> {
    // The builder has no subquery that locks rows.
    let deleted = db::prepared(
        "DELETE FROM blobs WHERE sha256 = (
            SELECT sha256 FROM blobs
             WHERE sha256 = $1 AND claimed_at < clock_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED)",
    )
    .bind(hash)
    .execute(conn)?;
    Ok(deleted == 1)
}

/// Whether a blob's row could be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobLock {
    Here,
    ByOthers,
    Gone,
}

/// Tries to lock a blob's row until the transaction ends.
pub fn lock_blob(conn: &mut PgConnection, hash: ContentHash) -> Result<BlobLock> {
    let blob = blobs::table.find(hash);
    if blob.select(blobs::sha256).for_update().skip_locked().execute(conn)? == 1 {
        return Ok(BlobLock::Here);
    }
    let exists = select(exists(blob)).get_result(conn)?;
    Ok(if exists { BlobLock::ByOthers } else { BlobLock::Gone })
}
