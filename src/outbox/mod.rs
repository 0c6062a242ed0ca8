//! The outbox: messages that a channel must hand over to its service.
//!
//! A row is written in the transaction that writes its message: the decision of a schedule, or the reply of an
//! attendant. Handing over happens afterwards, so it never delays a decision. On the web chat the message is its own
//! delivery, and has no row.
//!
//! ```text
//! queued ──▶ sent ──▶ delivered ──▶ read
//!   │ ▲        └────────▶ failed (the service sent it back)
//!   │ └── a person tries again ◀── failed, uncertain
//!   ├──▶ failed (certainly not sent)
//!   ├──▶ uncertain (nobody knows) ──▶ sent, delivered, read (the service reported it)
//!   └──▶ discarded (a person gave it up), also from failed and uncertain
//! ```
//!
//! A worker leases a row and commits an attempt before it opens a connection ([`worker`]). The result is recorded only
//! if the lease is still its own ([`settle`]). An attempt without a result counts as unknown when its lease ends. What a
//! signal means, and what becomes of the message, are pure functions ([`outcome`]). The messages of a contact on a
//! channel are sent in their order: a message waits until those before it have left the queue.
//!
//! Any number of processes may run workers on the same database.

pub mod handlers;
pub mod outcome;
pub mod queries;
mod retry;
mod settle;
mod state;
pub mod worker;

pub use outcome::Reason;
pub use retry::{discard, retry};
pub use settle::{end_too_old, report, settle, too_old};
pub use state::DeliveryState;
