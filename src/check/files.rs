//! The second half of invariant 17: compares the stored files with their rows, in both directions.
//!
//! Every file is read to its end, because its name is the hash of its content. The store has 256 folders; the
//! file names of one folder are in memory at a time. Nothing is locked, so an upload or the sweeper may
//! change a file or a row during the check. A missing file or row is therefore looked up a second time before
//! it is reported.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::Offender;
use crate::db;
use crate::error::{Error, Result};
use crate::files::{ContentHash, Files, sweep};

/// Maximum rows per query.
const PAGE: i64 = 1000;

/// The sweeper runs every ten minutes; a temporary file may be this much older than its limit.
const SLACK: Duration = Duration::from_secs(15 * 60);

db::row! {
    struct Blob {
        sha256: ContentHash,
        size: i64,
        /// Whether an attachment or the logo refers to it, so that its file must exist.
        is_used: bool,
    }
}

/// Finds files without a row, rows whose file is missing or has another size or content, and old temporary
/// files.
pub async fn compare(conn: &mut PgConnection, files: &Files) -> Result<Vec<Offender>> {
    let mut found = Vec::new();
    for first in 0..=u8::MAX {
        folder(conn, files, first, &mut found).await?;
    }
    for path in files.temporary_files(sweep::TEMPORARY_MAX_AGE + SLACK)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.push(Offender { subject: "temporary file".into(), id: name });
    }
    Ok(found)
}

async fn folder(conn: &mut PgConnection, files: &Files, first: u8, found: &mut Vec<Offender>) -> Result<()> {
    let mut stored = files.folder(first).await?;
    let mut after = None;
    loop {
        let page = blobs(conn, first, after)?;
        for blob in &page {
            let subject = match stored.remove(&blob.sha256) {
                Some(size) if size == blob.size as u64 => match is_whole(files, blob.sha256).await? {
                    true => continue,
                    false => "file of other content",
                },
                Some(_) => "file of another size",
                None if !is_missing(conn, files, blob).await? => continue,
                None => "row without a file",
            };
            found.push(Offender { subject: subject.into(), id: blob.sha256.to_string() });
        }
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => after = Some(last.sha256),
            _ => break,
        }
    }
    report_files_without_row(conn, files, stored, found).await
}

/// Whether the file's content has the hash that is its name. True for a file that the sweeper has removed
/// meanwhile.
async fn is_whole(files: &Files, hash: ContentHash) -> Result<bool> {
    let Ok(mut content) = files.read(hash).await else { return Ok(true) };
    let mut digest = Sha256::new();
    while let Some(bytes) = content.bytes.try_next().await.map_err(Error::unexpected)? {
        digest.update(&bytes);
    }
    Ok(digest.finalize()[..] == hash.as_bytes()[..])
}

async fn report_files_without_row(
    conn: &mut PgConnection,
    files: &Files,
    stored: BTreeMap<ContentHash, u64>,
    found: &mut Vec<Offender>,
) -> Result<()> {
    for hash in stored.into_keys() {
        if find_blob(conn, hash)?.is_none() && files.has(hash).await? {
            found.push(Offender { subject: "file without a row".into(), id: hash.to_string() });
        }
    }
    Ok(())
}

/// Whether a row that is in use has no file. A row that nothing refers to may belong to an unfinished upload,
/// or the sweeper may be removing it.
async fn is_missing(conn: &mut PgConnection, files: &Files, blob: &Blob) -> Result<bool> {
    Ok(blob.is_used
        && !files.has(blob.sha256).await?
        && find_blob(conn, blob.sha256)?.is_some_and(|blob| blob.is_used))
}

/// As SQL text: two tables say whether a blob is used.
const BLOB: &str = "SELECT b.sha256, b.size,
        EXISTS (SELECT FROM attachments a WHERE a.sha256 = b.sha256)
        OR EXISTS (SELECT FROM settings s WHERE s.logo_sha256 = b.sha256) AS is_used
   FROM blobs b";

fn blobs(conn: &mut PgConnection, first: u8, after: Option<ContentHash>) -> Result<Vec<Blob>> {
    let (mut low, mut high) = ([0; 32], [u8::MAX; 32]);
    (low[0], high[0]) = (first, first);
    let comparison = if after.is_some() { ">" } else { ">=" };
    Ok(db::replanned(format!(
        "{BLOB} WHERE b.sha256 {comparison} $1 AND b.sha256 <= $2 ORDER BY b.sha256 LIMIT $3"
    ))
    .bind(after.unwrap_or(ContentHash::new(low)))
    .bind(ContentHash::new(high))
    .bind(PAGE)
    .load(conn)?)
}

fn find_blob(conn: &mut PgConnection, hash: ContentHash) -> Result<Option<Blob>> {
    let found = db::replanned(format!("{BLOB} WHERE b.sha256 = $1")).bind(hash);
    Ok(found.get_result(conn).optional()?)
}
