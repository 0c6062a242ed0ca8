//! Who sends a file. Each sender has limits of their own.

use crate::ids::{ContactId, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    User(UserId),
    /// Whoever has opened this contact's link, in however many browsers.
    Customer(ContactId),
    /// All visitors who are not signed in.
    Visitor,
}

const MB: u64 = 1024 * 1024;

impl Sender {
    /// Maximum bytes in this process's temporary files: for a user enough for three forms with the maximum of
    /// files, for a customer one such message and some more.
    pub fn max_in_progress(self) -> u64 {
        match self {
            Self::User(_) | Self::Visitor => 256 * MB,
            Self::Customer(_) => 128 * MB,
        }
    }
}
