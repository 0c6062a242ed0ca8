//! Queries of the sweeper.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};

use crate::db;
use crate::error::Result;
use crate::files::ContentHash;

/// Maximum rows per statement.
pub const BATCH: usize = 500;

/// Deletes uploads that have been unused for a day, up to `BATCH`.
pub fn remove_old_uploads(conn: &mut PgConnection) -> Result<usize> {
    Ok(db::prepared(
        "DELETE FROM attachments WHERE id IN (
            SELECT id FROM attachments
             WHERE schedule_id IS NULL AND message_id IS NULL AND created_at < clock_timestamp() - interval '1 day'
             ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<BigInt, _>(BATCH as i64)
    .execute(conn)?)
}

/// The unused blobs within one page of blobs.
pub struct Page {
    pub unused: Vec<ContentHash>,
    /// Where the next page starts; `None` after the last page.
    pub last: Option<ContentHash>,
}

#[derive(QueryableByName)]
struct BlobRow {
    #[diesel(sql_type = Binary)]
    sha256: ContentHash,
    #[diesel(sql_type = Bool)]
    is_unused: bool,
}

/// Reads a page of blobs in the order of their hashes, and finds those that have been unused for an hour.
pub fn unused_blobs(conn: &mut PgConnection, after: Option<ContentHash>) -> Result<Page> {
    let rows: Vec<BlobRow> = db::prepared(
        "SELECT b.sha256,
                b.claimed_at < clock_timestamp() - interval '1 hour'
                AND NOT EXISTS (SELECT FROM attachments a WHERE a.sha256 = b.sha256)
                AND NOT EXISTS (SELECT FROM settings s WHERE s.logo_sha256 = b.sha256) AS is_unused
           FROM (SELECT sha256, claimed_at FROM blobs WHERE $1 IS NULL OR sha256 > $1
                  ORDER BY sha256 LIMIT $2) b ORDER BY b.sha256",
    )
    .bind::<Nullable<Binary>, _>(after)
    .bind::<BigInt, _>(BATCH as i64)
    .load(conn)?;
    let last = rows.last().filter(|_| rows.len() == BATCH).map(|row| row.sha256);
    Ok(Page { unused: rows.into_iter().filter(|row| row.is_unused).map(|row| row.sha256).collect(), last })
}

/// Deletes a blob's row; `false` if it was claimed meanwhile or another transaction locks it. Fails with a
/// foreign key violation if something refers to the row.
pub fn delete_unused(conn: &mut PgConnection, hash: ContentHash) -> Result<bool> {
    let deleted = db::prepared(
        "DELETE FROM blobs WHERE sha256 = (
            SELECT sha256 FROM blobs
             WHERE sha256 = $1 AND claimed_at < clock_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Binary, _>(hash)
    .execute(conn)?;
    Ok(deleted == 1)
}

/// Whether a blob's row could be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    Here,
    ByOthers,
    Gone,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Tries to lock a blob's row until the transaction ends.
pub fn lock_blob(conn: &mut PgConnection, hash: ContentHash) -> Result<Locked> {
    let locked = db::prepared("SELECT FROM blobs WHERE sha256 = $1 FOR UPDATE SKIP LOCKED")
        .bind::<Binary, _>(hash)
        .execute(conn)?;
    if locked == 1 {
        return Ok(Locked::Here);
    }
    let row: Found = db::prepared("SELECT EXISTS (SELECT FROM blobs WHERE sha256 = $1) AS is_found")
        .bind::<Binary, _>(hash)
        .get_result(conn)?;
    Ok(if row.is_found { Locked::ByOthers } else { Locked::Gone })
}
