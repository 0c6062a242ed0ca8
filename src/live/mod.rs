//! Live events: what happened, told to every open page of every process.
//!
//! A change announces an [`Event`] inside its transaction; PostgreSQL's NOTIFY carries it to one
//! listening connection per process, whose [`Hub`] asks the tables who may know of it and passes it
//! on to the open streams: one for each browser of a user (`/live`), one for each open chat page of a
//! customer (`/c/{contact}/live`). Streams carry hints and entries of the bell, never a conversation;
//! each begins with `sync`, so that nothing is missed after a break. Who loses a right loses the
//! stream.

mod delivery;
mod event;
mod handlers;
mod hub;
mod listener;
mod message;
mod news;
pub mod queries;
pub mod reach;
mod streams;

pub use event::{CHANNEL, Event, announce};
pub use hub::Hub;
pub use listener::{Incoming, listen};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![Route::get("/live", handlers::user), Route::get("/c/{contact:[0-9]+}/live", handlers::customer)]
}
