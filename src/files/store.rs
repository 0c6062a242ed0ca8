//! The file store: one interface for a directory or an S3-compatible bucket.
//!
//! A file is named by the SHA-256 of its content and lies in a folder named by the first two digits of the
//! hash. So a file is never changed, and equal content is stored once. A file appears under its name complete
//! or not at all: a directory uses a rename, a bucket a single request.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web;
use actix_web::web::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
};
use tokio::sync::Semaphore;

use super::incoming::disk;
use super::uploads_in_progress::{UploadShare, UploadsInProgress};
use super::{ContentHash, Incoming, Received, Scanner, Sender};
use crate::config::{Bucket, FileLocation};
use crate::error::{Error, Result};

/// Folder of temporary files. Always on this machine's disk, even if the store is a bucket.
const INCOMING: &str = "incoming";
/// Folder of files that the sweeper has moved away and will delete once the database has committed.
const TRASH: &str = "aside";

/// Maximum concurrent uploads to a bucket. Each holds a whole file in memory, because it is one request.
const UPLOADS_AT_ONCE: usize = 4;

/// A bucket that sends nothing for this time counts as unreachable.
const SILENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(3);
const PROBE: Duration = Duration::from_secs(10);

/// The file store. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    incoming: PathBuf,
    /// The directory of the files; `None` for a bucket.
    directory: Option<PathBuf>,
    uploads: Arc<Semaphore>,
    uploads_in_progress: UploadsInProgress,
    scanner: Option<Scanner>,
}

/// A stored file that is being read.
pub struct StoredFile {
    pub size: u64,
    pub bytes: BoxStream<'static, object_store::Result<Bytes>>,
}

impl Files {
    /// Opens the store at `place`, with temporary files in `data_dir`. The error is a sentence for the
    /// operator.
    pub fn open(place: &FileLocation, data_dir: &FilePath) -> Result<Self, String> {
        let root = match place {
            FileLocation::Directory(root) => root.clone(),
            FileLocation::Bucket(_) => data_dir.join("files"),
        };
        let incoming = root.join(INCOMING);
        for directory in [&root, &incoming, &root.join(TRASH)] {
            make_private(directory)
                .map_err(|error| format!("the directory {} cannot be made: {error}", directory.display()))?;
        }
        let store: Result<Arc<dyn ObjectStore>, _> = match place {
            FileLocation::Directory(root) => {
                LocalFileSystem::new_with_prefix(root).map(|store| Arc::new(store.with_fsync(true)) as _)
            }
            FileLocation::Bucket(bucket) => open_bucket(bucket),
        };
        Ok(Self {
            store: store.map_err(|error| format!("the file store {place} cannot be used: {error}"))?,
            incoming,
            directory: matches!(place, FileLocation::Directory(_)).then_some(root),
            uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
            uploads_in_progress: UploadsInProgress::default(),
            scanner: None,
        })
    }

    /// Has all files scanned for viruses before they are kept.
    pub fn scanned_by(self, scanner: Option<Scanner>) -> Self {
        Self { scanner, ..self }
    }

    pub fn scanner(&self) -> Option<&Scanner> {
        self.scanner.as_ref()
    }

    /// Tests the store, so that a wrong key or bucket stops the start and not the first upload. The error is
    /// a sentence for the operator.
    pub async fn probe(&self) -> Result<(), String> {
        let mut incoming = self.receive(u64::MAX).await.map_err(|error| error.to_string())?;
        incoming.write(b"probe").await.map_err(|error| error.to_string())?;
        drop(incoming);
        let folder = Path::from(TRASH);
        let mut listed = self.store.list(Some(&folder));
        match timeout(PROBE, listed.next()).await {
            Ok(Some(Err(error))) => Err(format!("the file store does not answer as it should: {error}")),
            Ok(_) => Ok(()),
            Err(_) => Err("the file store does not answer".into()),
        }
    }

    /// Begins to receive a file of at most `limit` bytes.
    pub async fn receive(&self, limit: u64) -> Result<Incoming> {
        Incoming::create(&self.incoming, limit, None).await
    }

    /// As [`Files::receive`], and counts the bytes against the sender's limit.
    pub async fn receive_from(&self, share: UploadShare, limit: u64) -> Result<Incoming> {
        Incoming::create(&self.incoming, limit, Some(share)).await
    }

    /// The counter for another file of `sender`.
    pub fn upload_share(&self, sender: Sender) -> UploadShare {
        self.uploads_in_progress.share(sender)
    }

    /// Moves a received file into the store. Its row in `blobs` must already exist, so that the sweeper knows
    /// the file whatever happens next: see `files::keep`.
    pub(super) async fn put(&self, received: &Received) -> Result<()> {
        let place = path_of(received.hash);
        if let Some(directory) = &self.directory {
            let folder = directory.join(&received.hash.to_string()[..2]);
            web::block(move || make_private(&folder)).await.map_err(Error::unexpected)?.map_err(disk)?;
            let name = received.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let from = Path::from_iter([INCOMING, name]);
            return self.store.rename(&from, &place).await.map_err(store_error);
        }
        let _permit = self.uploads.acquire().await.map_err(Error::unexpected)?;
        let bytes = tokio::fs::read(received.path()).await.map_err(disk)?;
        self.store.put(&place, PutPayload::from(bytes)).await.map_err(store_error)?;
        Ok(())
    }

    /// Streams a file. Fails with `Unexpected` if the store lacks it, which must not happen.
    pub async fn read(&self, hash: ContentHash) -> Result<StoredFile> {
        let found = self.store.get(&path_of(hash)).await.map_err(store_error)?;
        Ok(StoredFile { size: found.meta.size, bytes: found.into_stream() })
    }

    /// Streams a range of a file.
    pub async fn read_part(&self, hash: ContentHash, part: Range<u64>) -> Result<StoredFile> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        let found = self.store.get_opts(&path_of(hash), options).await.map_err(store_error)?;
        Ok(StoredFile { size: found.range.end - found.range.start, bytes: found.into_stream() })
    }

    /// Moves a file to the trash, to be deleted or restored later; `false` if it does not exist.
    pub async fn move_to_trash(&self, hash: ContentHash) -> Result<bool> {
        self.rename(&path_of(hash), &trash_path(hash)).await
    }

    /// Moves a file back from the trash; `false` if it is not there.
    pub async fn restore_from_trash(&self, hash: ContentHash) -> Result<bool> {
        self.rename(&trash_path(hash), &path_of(hash)).await
    }

    /// Deletes a file in the trash.
    pub async fn delete_from_trash(&self, hash: ContentHash) -> Result<()> {
        match self.store.delete(&trash_path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    /// The files in the trash: an interrupted deletion left them there.
    pub async fn trash(&self) -> Result<Vec<ContentHash>> {
        Ok(self.listed(TRASH).await?.into_keys().filter_map(|name| name.parse().ok()).collect())
    }

    /// The files in one folder (the first byte of their hashes) with their sizes. Ignores names that are not
    /// hashes, because they are not ours.
    pub async fn folder(&self, first: u8) -> Result<BTreeMap<ContentHash, u64>> {
        let files = self.listed(&hex::encode([first])).await?;
        Ok(files.into_iter().filter_map(|(name, size)| Some((name.parse().ok()?, size))).collect())
    }

    /// Whether the store has the file.
    pub async fn has(&self, hash: ContentHash) -> Result<bool> {
        match self.store.head(&path_of(hash)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Temporary files on this machine that were not written to for `age`.
    pub fn temporary_files(&self, age: Duration) -> Result<Vec<PathBuf>> {
        let is_old = |entry: &std::fs::DirEntry| {
            let written = entry.metadata().and_then(|data| data.modified()).ok();
            written.and_then(|at| at.elapsed().ok()).is_some_and(|passed| passed > age)
        };
        let entries = std::fs::read_dir(&self.incoming).map_err(disk)?;
        Ok(entries.filter_map(|entry| entry.ok().filter(is_old)).map(|entry| entry.path()).collect())
    }

    async fn listed(&self, folder: &str) -> Result<BTreeMap<String, u64>> {
        let folder = Path::from(folder);
        let files = self.store.list(Some(&folder));
        let named = files.try_filter_map(|file| async move {
            Ok(file.location.filename().map(|name| (name.to_owned(), file.size)))
        });
        named.try_collect().await.map_err(store_error)
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<bool> {
        match self.store.rename(from, to).await {
            Ok(()) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}

/// Creates the directory if it is missing and makes it inaccessible to other accounts. If we do not own it,
/// for example because it is mounted, its permissions stay as they are.
fn make_private(directory: &FilePath) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let found = std::fs::metadata(directory)?.permissions();
    if found.mode() & 0o077 != 0
        && let Err(error) = std::fs::set_permissions(directory, Permissions::from_mode(0o700))
    {
        tracing::warn!(%error, path = %directory.display(), "others on this machine may enter the files' directory");
    }
    Ok(())
}

fn path_of(hash: ContentHash) -> Path {
    let name = hash.to_string();
    Path::from_iter([&name[..2], &name])
}

fn trash_path(hash: ContentHash) -> Path {
    Path::from_iter([TRASH, &hash.to_string()])
}

fn open_bucket(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    // If another part of the process has already chosen a provider, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_plain_http = bucket.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
    let options = ClientOptions::new()
        .with_allow_http(is_plain_http)
        .with_connect_timeout(CONNECT)
        // A slow transfer may take long, as long as it makes progress.
        .with_timeout_disabled()
        .with_read_timeout(SILENCE);
    let retry = RetryConfig { max_retries: 2, retry_timeout: PROBE, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.key_id)
        .with_secret_access_key(&bucket.secret)
        .with_client_options(options)
        .with_retry(retry);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    let store = builder.build()?;
    Ok(match bucket.prefix.as_str() {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, prefix)),
    })
}

/// A missing file is a bug; every other error may be temporary and becomes a 503.
fn store_error(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::unexpected(error),
        error => Error::Unavailable(format!("the file store: {error}")),
    }
}
