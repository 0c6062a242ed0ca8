//! A file being received: written to a temporary file beside the store, and counted and hashed on the way.
//!
//! Dropping the value deletes the temporary file. After a crash, the sweeper does it.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::ContentHash;
use super::uploads_in_progress::UploadShare;
use crate::error::{Error, Result};

/// A temporary file. Dropping it deletes the file, unless it was moved away.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, path = %self.0.display(), "a temporary file stays, for the sweeper");
            }
            _ => {}
        }
    }
}

/// Receives the bytes of one file.
pub struct Incoming {
    file: File,
    temporary: Temporary,
    hash: Sha256,
    size: u64,
    limit: u64,
    /// Counts against the sender's limit. `None` if nobody sends the file.
    share: Option<UploadShare>,
}

impl Incoming {
    /// Creates the temporary file.
    pub(super) async fn create(folder: &Path, limit: u64, share: Option<UploadShare>) -> Result<Self> {
        let temporary = Temporary(folder.join(Uuid::new_v4().to_string()));
        let mut options = OpenOptions::new();
        // Other accounts on this machine must not read customers' files.
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&temporary.0).await.map_err(disk)?;
        Ok(Self { file, temporary, hash: Sha256::new(), size: 0, limit, share })
    }

    /// # Errors
    /// `TooLarge` above the size limit; `TooMany` if the sender exceeds their limit; `Unavailable` if the
    /// disk is full.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Error::TooLarge);
        }
        if let Some(share) = &mut self.share {
            share.add(bytes.len() as u64)?;
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(disk)
    }

    /// Flushes everything to the disk.
    pub async fn finish(mut self) -> Result<Received> {
        self.file.flush().await.map_err(disk)?;
        self.file.sync_all().await.map_err(disk)?;
        let Self { temporary, hash, size, share, .. } = self;
        Ok(Received { temporary, hash: ContentHash::new(hash.finalize().into()), size, _share: share })
    }
}

/// A completely received file that is not in the store yet.
#[derive(Debug)]
pub struct Received {
    temporary: Temporary,
    pub hash: ContentHash,
    pub size: u64,
    _share: Option<UploadShare>,
}

impl Received {
    /// Path of the temporary file, until the file is moved into the store.
    pub fn path(&self) -> &Path {
        &self.temporary.0
    }
}

pub(super) fn disk(error: io::Error) -> Error {
    Error::Unavailable(format!("the files' directory: {error}"))
}
