//! What a kind of channel can carry, so that a form refuses at once what cannot be sent.

use super::ChannelKind;

/// How often a message may arrive, if an attempt ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// The row is the delivery; nothing is handed over.
    ExactlyOnce,
    /// It is sent again, with the same id, by which the receiver can drop the repetition.
    AtLeastOnce,
    /// It is not sent again by itself: a person decides.
    AtMostOnce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Maximum characters of a text.
    pub max_text: usize,
    /// Maximum files of a message, and bytes of all of them.
    pub max_files: usize,
    pub max_bytes: u64,
    /// Whether the service says that a message was delivered or read.
    pub has_receipts: bool,
    pub promise: Promise,
}

impl Capabilities {
    /// `None` for kinds that cannot send yet.
    pub fn of(kind: ChannelKind) -> Option<Self> {
        let most = Self {
            max_text: 4_096,
            max_files: 5,
            max_bytes: 80 * 1024 * 1024,
            has_receipts: false,
            promise: Promise::AtLeastOnce,
        };
        match kind {
            ChannelKind::WebChat => Some(Self { has_receipts: true, promise: Promise::ExactlyOnce, ..most }),
            // Most servers refuse mails of more than 25 MB. Encoded as text, a file becomes a third larger.
            ChannelKind::Email => Some(Self { max_bytes: 18 * 1024 * 1024, ..most }),
            ChannelKind::Webhook => Some(Self { has_receipts: true, ..most }),
            ChannelKind::Whatsapp | ChannelKind::Telegram => None,
        }
    }
}
