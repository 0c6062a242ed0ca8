//! The sweeper: deletes files that nothing needs, such as abandoned uploads and what a killed process left.
//! It runs in every serving process; locks on rows keep the processes from interfering.
//!
//! A blob is deleted in one transaction that locks its row. The row is deleted, which foreign keys refuse if
//! something refers to it. Then the file is moved to the trash. Only after a successful commit is it deleted for good.
//! If the commit fails, the file is moved back. That works even if this process was stopped, its transaction
//! was ended, and somebody uploaded the same content meanwhile.

use std::time::Duration;

use actix_rt::Arbiter;
use actix_web::rt::{self, time};
use actix_web::web;
use tokio::runtime::Handle;

use super::{ContentHash, Files, queries};
use crate::db::Db;
use crate::error::{Error, Result};

const FIRST: Duration = Duration::from_secs(5 * 60);
const EVERY: Duration = Duration::from_secs(10 * 60);

/// A temporary file that was not written to for this time is abandoned.
pub const TEMPORARY_MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// Maximum time for moving one file while its row is locked. Shorter than the database's own time-outs.
const MOVE_TIME_OUT: Duration = Duration::from_secs(5);

/// The numbers of things that one run deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub uploads: usize,
    pub blobs: usize,
    pub temporary: usize,
}

/// Runs the sweeper at intervals, on its own thread.
pub fn start(db_url: &str, files: Files) -> Arbiter {
    let (arbiter, db) = (Arbiter::new(), Db::new(db_url, 1));
    arbiter.spawn(async move {
        time::sleep(FIRST).await;
        loop {
            let (db, files) = (db.clone(), files.clone());
            match rt::spawn(async move { sweep(&db, &files).await }).await {
                Ok(Ok(swept)) if swept == Swept::default() => {}
                Ok(Ok(swept)) => tracing::info!(?swept, "unused files were deleted"),
                Ok(Err(error)) => tracing::warn!(%error, "the sweeper failed and will try again"),
                Err(panic) => tracing::error!(%panic, "the sweeper panicked and will try again"),
            }
            time::sleep(EVERY).await;
        }
    });
    arbiter
}

/// Runs once. After an error, the next run does the rest.
pub async fn sweep(db: &Db, files: &Files) -> Result<Swept> {
    let temporary = remove_temporary(files).await?;
    let mut uploads = 0;
    loop {
        let removed = db.transaction(queries::remove_old_uploads).await?;
        uploads += removed;
        if removed < queries::MAX_ROWS {
            break;
        }
    }
    for hash in files.trash().await? {
        finish_interrupted_deletion(db, files, hash).await?;
    }
    let (mut blobs, mut after) = (0, None);
    loop {
        let page = db.run(move |conn| queries::unused_blobs(conn, after)).await?;
        for hash in page.unused {
            blobs += usize::from(delete_unused_blob(db, files, hash).await?);
        }
        match page.last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(Swept { uploads, blobs, temporary })
}

/// Deletes an unused blob; `false` if it is in use now, or another process is deleting it.
async fn delete_unused_blob(db: &Db, files: &Files, hash: ContentHash) -> Result<bool> {
    let (here, store) = (Handle::current(), files.clone());
    let deleted = db.transaction(move |conn| {
        if !queries::delete_unused(conn, hash)? {
            return Ok(false);
        }
        here.block_on(within(store.move_to_trash(hash)))?;
        Ok(true)
    });
    match deleted.await {
        Ok(true) => files.delete_from_trash(hash).await.map(|()| true),
        Ok(false) => Ok(false),
        Err(error) if error.violated_constraint().is_some() => Ok(false),
        Err(error) => {
            files.restore_from_trash(hash).await?;
            Err(error)
        }
    }
}

/// Handles a file that a killed process left in the trash: restores it if its row still exists, deletes it if not.
async fn finish_interrupted_deletion(db: &Db, files: &Files, hash: ContentHash) -> Result<()> {
    let (here, store) = (Handle::current(), files.clone());
    db.transaction(move |conn| match queries::lock_blob(conn, hash)? {
        queries::BlobLock::Gone => here.block_on(within(store.delete_from_trash(hash))),
        queries::BlobLock::ByOthers => Ok(()),
        queries::BlobLock::Here if here.block_on(within(store.has(hash)))? => {
            here.block_on(within(store.delete_from_trash(hash)))
        }
        queries::BlobLock::Here => here.block_on(within(store.restore_from_trash(hash))).map(|_| ()),
    })
    .await
}

async fn within<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::Unavailable("the file store takes too long".into());
    time::timeout(MOVE_TIME_OUT, step).await.map_err(late)?
}

async fn remove_temporary(files: &Files) -> Result<usize> {
    let old = files.temporary_files(TEMPORARY_MAX_AGE)?;
    let removed = web::block(move || old.iter().filter(|path| std::fs::remove_file(path).is_ok()).count());
    removed.await.map_err(Error::unexpected)
}
