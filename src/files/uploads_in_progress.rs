//! Limits what each account is uploading at this moment. `queries::volume` counts a file only when it is
//! complete, so without this limit many concurrent uploads could fill the disk first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::ids::UserId;

/// Maximum bytes per account in this process's temporary files: enough for three forms with the maximum of
/// files. All visitors who are not signed in share one account.
pub const MAX_BYTES_IN_PROGRESS: u64 = 256 * 1024 * 1024;

/// Suggested wait for an account above the limit.
const WAIT_SECONDS: i64 = 10;

/// Bytes in transit per account; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct UploadsInProgress(Arc<Mutex<HashMap<Option<UserId>, u64>>>);

/// The bytes of one file. They count until the file is stored or deleted.
#[derive(Debug)]
pub struct UploadShare {
    of_all: UploadsInProgress,
    sender: Option<UserId>,
    bytes: u64,
}

impl UploadsInProgress {
    pub fn share(&self, sender: Option<UserId>) -> UploadShare {
        UploadShare { of_all: self.clone(), sender, bytes: 0 }
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn bytes(&self) -> MutexGuard<'_, HashMap<Option<UserId>, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadShare {
    /// Adds received bytes.
    ///
    /// # Errors
    /// `TooMany` if the account exceeds [`MAX_BYTES_IN_PROGRESS`]; the bytes are then not counted.
    pub fn add(&mut self, bytes: u64) -> Result<()> {
        let mut all = self.of_all.bytes();
        let sum = all.entry(self.sender).or_default();
        if *sum + bytes > MAX_BYTES_IN_PROGRESS {
            return Err(Error::TooMany { seconds: WAIT_SECONDS });
        }
        *sum += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for UploadShare {
    fn drop(&mut self) {
        let mut all = self.of_all.bytes();
        if let Some(sum) = all.get_mut(&self.sender) {
            *sum -= self.bytes;
            if *sum == 0 {
                all.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_its_own_limit_and_finished_uploads_no_longer_count() {
        let uploads_in_progress = UploadsInProgress::default();
        let (ana, bruno) = (Some(UserId(1)), Some(UserId(2)));
        let mut first = uploads_in_progress.share(ana);
        first.add(MAX_BYTES_IN_PROGRESS - 1).unwrap();
        let mut second = uploads_in_progress.share(ana);
        second.add(1).unwrap();
        assert!(matches!(second.add(1), Err(Error::TooMany { .. })));
        uploads_in_progress.share(bruno).add(MAX_BYTES_IN_PROGRESS).unwrap();
        drop(first);
        second.add(1).unwrap();
        drop(second);
        assert!(uploads_in_progress.bytes().is_empty());
    }
}
