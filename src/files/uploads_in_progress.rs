//! Limits what each sender is uploading at this moment. `queries::volume` counts a file only when it is
//! complete, so without this limit many concurrent uploads could fill the disk first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Sender;
use crate::error::{Error, Result};

/// Suggested wait for a sender above the limit.
const WAIT_SECONDS: i64 = 10;

/// Bytes in transit per sender; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct UploadsInProgress(Arc<Mutex<HashMap<Sender, u64>>>);

/// The bytes of one file. They count until the file is stored or deleted.
#[derive(Debug)]
pub struct UploadShare {
    of_all: UploadsInProgress,
    sender: Sender,
    bytes: u64,
}

impl UploadsInProgress {
    pub fn share(&self, sender: Sender) -> UploadShare {
        UploadShare { of_all: self.clone(), sender, bytes: 0 }
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn bytes(&self) -> MutexGuard<'_, HashMap<Sender, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadShare {
    /// Adds received bytes.
    ///
    /// # Errors
    /// `TooMany` if the sender exceeds [`Sender::max_in_progress`]; the bytes are then not counted.
    pub fn add(&mut self, bytes: u64) -> Result<()> {
        let mut all = self.of_all.bytes();
        let sum = all.entry(self.sender).or_default();
        if *sum + bytes > self.sender.max_in_progress() {
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
    use crate::ids::{ContactId, UserId};

    #[test]
    fn each_sender_has_its_own_limit_and_finished_uploads_no_longer_count() {
        let uploads_in_progress = UploadsInProgress::default();
        let (ana, lia) = (Sender::User(UserId(1)), Sender::Customer(ContactId(1)));
        let mut first = uploads_in_progress.share(ana);
        first.add(ana.max_in_progress() - 1).unwrap();
        let mut second = uploads_in_progress.share(ana);
        second.add(1).unwrap();
        assert!(matches!(second.add(1), Err(Error::TooMany { .. })));
        uploads_in_progress.share(lia).add(lia.max_in_progress()).unwrap();
        drop(first);
        second.add(1).unwrap();
        drop(second);
        assert!(uploads_in_progress.bytes().is_empty());
    }
}
