//! The sweeper: removes what nobody needs, so that an upload that was given up and a process that was
//! killed leave nothing for ever. Runs in every serving process; rows are claimed, so that several do
//! not meet.
//!
//! A blob goes in one transaction that holds its row: the row is deleted, which every reference by a
//! foreign key refuses; the file is set aside; and only when the commit is known is it gone for good.
//! If the commit fails, even because this process was stopped for so long that its transaction was
//! ended and somebody uploaded the same content meanwhile, the file goes back.

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

/// A temporary file that was not written to for so long belongs to nobody.
pub const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// The store has so long to move one file while a row is locked; the database waits longer.
const MOVE: Duration = Duration::from_secs(5);

/// What one run removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub uploads: usize,
    pub blobs: usize,
    pub temporary: usize,
}

/// Sweeps now and then, on a thread of its own.
pub fn start(db_url: &str, files: Files) -> Arbiter {
    let (arbiter, db) = (Arbiter::new(), Db::new(db_url, 1));
    arbiter.spawn(async move {
        time::sleep(FIRST).await;
        loop {
            let (db, files) = (db.clone(), files.clone());
            match rt::spawn(async move { sweep(&db, &files).await }).await {
                Ok(Ok(swept)) if swept == Swept::default() => {}
                Ok(Ok(swept)) => tracing::info!(?swept, "files that nobody needs are gone"),
                Ok(Err(error)) => tracing::warn!(%error, "the sweeper goes on later"),
                Err(panic) => tracing::error!(%panic, "the sweeper panicked, and goes on later"),
            }
            time::sleep(EVERY).await;
        }
    });
    arbiter
}

/// One run.
///
/// # Errors
/// The database or the store is unreachable; the next run does the rest.
pub async fn sweep(db: &Db, files: &Files) -> Result<Swept> {
    let temporary = remove_temporary(files).await?;
    let mut uploads = 0;
    loop {
        let removed = db.transaction(queries::remove_old_uploads).await?;
        uploads += removed;
        if removed < queries::BATCH {
            break;
        }
    }
    for hash in files.left_aside().await? {
        settle(db, files, hash).await?;
    }
    let (mut blobs, mut after) = (0, None);
    loop {
        let page = db.run(move |conn| queries::unused_blobs(conn, after)).await?;
        for hash in page.unused {
            blobs += usize::from(collect(db, files, hash).await?);
        }
        match page.last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(Swept { uploads, blobs, temporary })
}

/// Removes a blob that nothing refers to; `false` if something does by now, or somebody else is at it.
async fn collect(db: &Db, files: &Files, hash: ContentHash) -> Result<bool> {
    let (here, store) = (Handle::current(), files.clone());
    let collected = db.transaction(move |conn| {
        if !queries::delete_unused(conn, hash)? {
            return Ok(false);
        }
        here.block_on(within(store.set_aside(hash)))?;
        Ok(true)
    });
    match collected.await {
        Ok(true) => files.discard(hash).await.map(|()| true),
        Ok(false) => Ok(false),
        Err(error) if error.violated_constraint().is_some() => Ok(false),
        Err(error) => {
            files.restore(hash).await?;
            Err(error)
        }
    }
}

/// What a killed process left aside goes back if its row is still there, and away if not.
async fn settle(db: &Db, files: &Files, hash: ContentHash) -> Result<()> {
    let (here, store) = (Handle::current(), files.clone());
    db.transaction(move |conn| match queries::lock_blob(conn, hash)? {
        queries::Locked::Gone => here.block_on(within(store.discard(hash))),
        queries::Locked::ByOthers => Ok(()),
        queries::Locked::Here if here.block_on(within(store.has(hash)))? => {
            here.block_on(within(store.discard(hash)))
        }
        queries::Locked::Here => here.block_on(within(store.restore(hash))).map(|_| ()),
    })
    .await
}

async fn within<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::Unavailable("the file store takes too long".into());
    time::timeout(MOVE, step).await.map_err(late)?
}

async fn remove_temporary(files: &Files) -> Result<usize> {
    let old = files.temporary_files(ABANDONED)?;
    let removed = web::block(move || old.iter().filter(|path| std::fs::remove_file(path).is_ok()).count());
    removed.await.map_err(Error::unexpected)
}
