//! Limits what each account is uploading at this moment. `queries::volume` counts a file only when it is
//! complete, so without this limit many concurrent uploads could fill the disk first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::ids::UserId;

/// Maximum bytes per account in this process's temporary files: enough for three forms with the maximum of
/// files. All visitors who are not signed in share one account.
pub const MOST_UNDER_WAY: u64 = 256 * 1024 * 1024;

/// Suggested wait for an account above the limit.
const WAIT_SECONDS: i64 = 10;

/// Bytes in transit per account; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<Option<UserId>, u64>>>);

/// The bytes of one file. They count until the file is stored or deleted.
#[derive(Debug)]
pub struct Share {
    of_all: UnderWay,
    sender: Option<UserId>,
    bytes: u64,
}

impl UnderWay {
    pub fn share(&self, sender: Option<UserId>) -> Share {
        Share { of_all: self.clone(), sender, bytes: 0 }
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn bytes(&self) -> MutexGuard<'_, HashMap<Option<UserId>, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Adds received bytes.
    ///
    /// # Errors
    /// `TooMany` if the account exceeds [`MOST_UNDER_WAY`]; the bytes are then not counted.
    pub fn add(&mut self, bytes: u64) -> Result<()> {
        let mut all = self.of_all.bytes();
        let sum = all.entry(self.sender).or_default();
        if *sum + bytes > MOST_UNDER_WAY {
            return Err(Error::TooMany { seconds: WAIT_SECONDS });
        }
        *sum += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
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
    fn one_account_has_its_own_bound_and_what_is_gone_counts_no_more() {
        let under_way = UnderWay::default();
        let (ana, bruno) = (Some(UserId(1)), Some(UserId(2)));
        let mut first = under_way.share(ana);
        first.add(MOST_UNDER_WAY - 1).unwrap();
        let mut second = under_way.share(ana);
        second.add(1).unwrap();
        assert!(matches!(second.add(1), Err(Error::TooMany { .. })));
        under_way.share(bruno).add(MOST_UNDER_WAY).unwrap();
        drop(first);
        second.add(1).unwrap();
        drop(second);
        assert!(under_way.bytes().is_empty());
    }
}
