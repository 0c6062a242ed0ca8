//! The store: one interface over a directory or a bucket that speaks S3.
//!
//! A file is named by the SHA-256 of its content, below a folder of the hash's first two digits, and
//! so is written once, never changed, and the same bytes are kept once. It appears under that name
//! whole or not at all: a directory by a rename, a bucket by a single request.

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
use super::place::Bucket;
use super::under_way::{Share, UnderWay};
use super::{ContentHash, Incoming, Place, Received};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Temporary files are here, on this machine's disk also when the store is a bucket.
const INCOMING: &str = "incoming";
/// What the sweeper took out of its place until the database agrees.
const ASIDE: &str = "aside";

/// A file goes into a bucket from memory, in one request: so many at a time.
const UPLOADS_AT_ONCE: usize = 4;

/// A bucket that says nothing for so long is unreachable.
const SILENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(3);
const PROBE: Duration = Duration::from_secs(10);

/// Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    incoming: PathBuf,
    /// Where files are kept, unless they are in a bucket.
    directory: Option<PathBuf>,
    uploads: Arc<Semaphore>,
    under_way: UnderWay,
}

/// A stored file that is being read.
pub struct Content {
    pub size: u64,
    pub bytes: BoxStream<'static, object_store::Result<Bytes>>,
}

impl Files {
    /// The store at `place`. Temporary files go to `data_dir`.
    ///
    /// # Errors
    /// A sentence for the operator: a directory cannot be made.
    pub fn open(place: &Place, data_dir: &FilePath) -> Result<Self, String> {
        let root = match place {
            Place::Directory(root) => root.clone(),
            Place::Bucket(_) => data_dir.join("files"),
        };
        let incoming = root.join(INCOMING);
        for directory in [&root, &incoming, &root.join(ASIDE)] {
            make_private(directory)
                .map_err(|error| format!("the directory {} cannot be made: {error}", directory.display()))?;
        }
        let store: Result<Arc<dyn ObjectStore>, _> = match place {
            Place::Directory(root) => {
                LocalFileSystem::new_with_prefix(root).map(|store| Arc::new(store.with_fsync(true)) as _)
            }
            Place::Bucket(bucket) => open_bucket(bucket),
        };
        Ok(Self {
            store: store.map_err(|error| format!("the file store {place} cannot be used: {error}"))?,
            incoming,
            directory: matches!(place, Place::Directory(_)).then_some(root),
            uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
            under_way: UnderWay::default(),
        })
    }

    /// Tries the store, so that a wrong key or bucket ends the start and not the first upload.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn probe(&self) -> Result<(), String> {
        let mut incoming = self.receive(u64::MAX).await.map_err(|error| error.to_string())?;
        incoming.write(b"probe").await.map_err(|error| error.to_string())?;
        drop(incoming);
        let folder = Path::from(ASIDE);
        let mut listed = self.store.list(Some(&folder));
        match timeout(PROBE, listed.next()).await {
            Ok(Some(Err(error))) => Err(format!("the file store does not answer as it should: {error}")),
            Ok(_) => Ok(()),
            Err(_) => Err("the file store does not answer".into()),
        }
    }

    /// Begins to take in a file of at most `limit` bytes.
    ///
    /// # Errors
    /// The disk is full or cannot be written to.
    pub async fn receive(&self, limit: u64) -> Result<Incoming> {
        Incoming::create(&self.incoming, limit, None).await
    }

    /// The same, of a file that counts for who sends it.
    ///
    /// # Errors
    /// As `receive`.
    pub async fn receive_from(&self, share: Share, limit: u64) -> Result<Incoming> {
        Incoming::create(&self.incoming, limit, Some(share)).await
    }

    /// What another file of `sender` is counted by; `None` is who is not signed in.
    pub fn share_of(&self, sender: Option<UserId>) -> Share {
        self.under_way.share(sender)
    }

    /// Puts a file in its place. Its row in `blobs` must be there already, so that the sweeper knows
    /// of it whatever happens next: see `files::keep`.
    ///
    /// # Errors
    /// The store is unreachable.
    pub(super) async fn put(&self, received: &Received) -> Result<()> {
        let place = place_of(received.hash);
        if let Some(directory) = &self.directory {
            let folder = directory.join(&received.hash.to_string()[..2]);
            web::block(move || make_private(&folder)).await.map_err(Error::unexpected)?.map_err(disk)?;
            let name = received.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let from = Path::from_iter([INCOMING, name]);
            return self.store.rename(&from, &place).await.map_err(trouble);
        }
        let _permit = self.uploads.acquire().await.map_err(Error::unexpected)?;
        let bytes = tokio::fs::read(received.path()).await.map_err(disk)?;
        self.store.put(&place, PutPayload::from(bytes)).await.map_err(trouble)?;
        Ok(())
    }

    /// The bytes of a file, as a stream.
    ///
    /// # Errors
    /// The store is unreachable or, against all promises, lacks the file.
    pub async fn read(&self, hash: ContentHash) -> Result<Content> {
        let found = self.store.get(&place_of(hash)).await.map_err(trouble)?;
        Ok(Content { size: found.meta.size, bytes: found.into_stream() })
    }

    /// Some of the bytes of a file, as a stream.
    ///
    /// # Errors
    /// As for `read`.
    pub async fn read_part(&self, hash: ContentHash, part: Range<u64>) -> Result<Content> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        let found = self.store.get_opts(&place_of(hash), options).await.map_err(trouble)?;
        Ok(Content { size: found.range.end - found.range.start, bytes: found.into_stream() })
    }

    /// Takes a file out of its place, to be discarded or restored; `false` if it was not there.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn set_aside(&self, hash: ContentHash) -> Result<bool> {
        self.rename(&place_of(hash), &aside(hash)).await
    }

    /// Puts back what was set aside; `false` if nothing was.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn restore(&self, hash: ContentHash) -> Result<bool> {
        self.rename(&aside(hash), &place_of(hash)).await
    }

    /// Removes for good what was set aside.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn discard(&self, hash: ContentHash) -> Result<()> {
        match self.store.delete(&aside(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(trouble(error)),
        }
    }

    /// What was set aside and neither discarded nor restored.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn left_aside(&self) -> Result<Vec<ContentHash>> {
        Ok(self.listed(ASIDE).await?.into_keys().filter_map(|name| name.parse().ok()).collect())
    }

    /// The files of one folder (the first byte of their hashes) with their sizes. What has no hash for
    /// a name is not ours.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn folder(&self, first: u8) -> Result<BTreeMap<ContentHash, u64>> {
        let files = self.listed(&hex::encode([first])).await?;
        Ok(files.into_iter().filter_map(|(name, size)| Some((name.parse().ok()?, size))).collect())
    }

    /// Whether the file is in its place.
    ///
    /// # Errors
    /// The store is unreachable.
    pub async fn has(&self, hash: ContentHash) -> Result<bool> {
        match self.store.head(&place_of(hash)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Temporary files last written to longer ago than `age`, on this machine.
    ///
    /// # Errors
    /// The directory cannot be read.
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
        named.try_collect().await.map_err(trouble)
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<bool> {
        match self.store.rename(from, to).await {
            Ok(()) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(trouble(error)),
        }
    }
}

/// Makes a directory, if it is not there, that nobody else may enter. One that belongs to somebody else, such as
/// a mounted one, stays as it is.
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

fn place_of(hash: ContentHash) -> Path {
    let name = hash.to_string();
    Path::from_iter([&name[..2], &name])
}

fn aside(hash: ContentHash) -> Path {
    Path::from_iter([ASIDE, &hash.to_string()])
}

fn open_bucket(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    // Another part of the process may have chosen already; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_plain_http = bucket.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
    let options = ClientOptions::new()
        .with_allow_http(is_plain_http)
        .with_connect_timeout(CONNECT)
        // A slow reader may take long over a file, as long as it goes on.
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

/// Another try may do better: the visitor reads so, the log says what happened.
fn trouble(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::unexpected(error),
        error => Error::Unavailable(format!("the file store: {error}")),
    }
}
