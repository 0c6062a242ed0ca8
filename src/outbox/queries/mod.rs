//! SQL of the outbox. Text, because it locks with SKIP LOCKED, and reads the database's clock.
//!
//! In the order of a message: `enqueue`, `leasing` (its turn), `results` (of an attempt), `reports` (that come later),
//! `decisions` (of a person). `channels` says how the channels are doing.

mod channels;
mod decisions;
mod enqueue;
mod leasing;
mod reports;
mod results;

pub use channels::{SendingChannel, channels, next_in_ms, record_channel, wait_as_asked};
pub use decisions::{UndeliveredMessage, discard, lock_for_person, requeue, ticket_of};
pub use enqueue::enqueue;
pub use leasing::{Expired, Leased, LeasedFile, earlier_ids, expired, files, lease};
pub use reports::{Reported, forget_that_it_worked, lock_reported, set_attempt_taken, set_received};
pub use results::{
    Ended, Locked, TooOld, end_attempt, hold_lease, lock, lock_too_old, notify, set_ended, set_provider_id,
    set_sent, set_waiting, too_old,
};
