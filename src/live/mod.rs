//! Live events: what happened, told to every open page of every process.
//!
//! A change announces an [`Event`] inside its transaction; PostgreSQL's NOTIFY carries it to one
//! listening connection per process.

mod event;
mod listener;

pub use event::{CHANNEL, Event, announce};
pub use listener::{Incoming, listen};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
