//! Live events: tell every open page of every process what happened.
//!
//! A change announces an [`Event`] inside its transaction. PostgreSQL's NOTIFY carries it to the listening
//! connection of each process. The [`Hub`] looks up in the tables who may see it, and sends it to the open
//! streams: one per browser of a user (`/live`), one per open chat page of a customer (`/c/{contact}/live`).
//! Streams carry hints and notifications, never messages of a conversation. Each stream starts with `sync`,
//! so that nothing is missed after a disconnection. If the receiver loses a right, the stream is closed.

pub mod audience;
mod delivery;
mod event;
pub mod handlers;
mod hub;
mod listener;
mod message;
mod pending;
pub mod queries;
mod streams;

pub use event::{CHANNEL, Event, announce};
pub use hub::Hub;
pub use listener::{Incoming, listen};
