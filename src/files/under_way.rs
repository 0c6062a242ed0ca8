//! What each account is sending in this moment. Until a file is whole nothing else counts it (see
//! `queries::volume`), and many at once would fill the disk before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::ids::UserId;

/// The most bytes of one account in temporary files of this process: three forms with as many files as fit.
/// Who is not signed in has one account for all.
pub const MOST_UNDER_WAY: u64 = 256 * 1024 * 1024;

/// How long who is beyond it is asked to wait.
const WAIT_SECONDS: i64 = 10;

/// The bytes of all accounts; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<Option<UserId>, u64>>>);

/// The bytes of one file, which count until it is put in its place or gone.
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

    /// A panic elsewhere leaves the map whole: every change of it is one call.
    fn bytes(&self) -> MutexGuard<'_, HashMap<Option<UserId>, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Counts bytes that have come.
    ///
    /// # Errors
    /// `TooMany` beyond [`MOST_UNDER_WAY`]; then they are not counted.
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
