//! What the sweeper asks and removes.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};

use crate::db;
use crate::error::Result;
use crate::files::ContentHash;

/// So many rows at a time.
pub const BATCH: usize = 500;

/// Removes uploads that no schedule took within a day, up to `BATCH`.
///
/// # Errors
/// The database is unreachable.
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

/// The unused of a page of blobs.
pub struct Page {
    pub unused: Vec<ContentHash>,
    /// Where the next page begins; nothing after the last.
    pub last: Option<ContentHash>,
}

#[derive(QueryableByName)]
struct BlobRow {
    #[diesel(sql_type = Binary)]
    sha256: ContentHash,
    #[diesel(sql_type = Bool)]
    is_unused: bool,
}

/// Looks at blobs in the order of their hashes: which of them nothing has referred to for an hour.
///
/// # Errors
/// The database is unreachable.
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

/// Deletes a blob's row unless somebody claimed it meanwhile or holds it. What refers to it refuses,
/// by its foreign key.
///
/// # Errors
/// The violated foreign key; or the database is unreachable.
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

/// Who holds a blob's row.
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

/// Tries to hold a blob's row until the transaction ends.
///
/// # Errors
/// The database is unreachable.
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
