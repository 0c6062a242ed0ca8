//! The connections of visitors: how many are allowed, for how long, and which are closed first when there are
//! too many.
//!
//! A visitor who sends nothing, reads nothing or never finishes takes a connection that others need. So each
//! connection is tracked by a [`Connection`] from the moment it is accepted:
//!
//! - One address (an IPv6 /64) may have a limited number at once. Trusted proxies and this machine are
//!   exempt: their requests count for the address that they forward ([`watch`]).
//! - Signed-in users and customers with a valid link keep their connections. All others are strangers. If
//!   strangers use up their share, those who have waited longest are disconnected. If all connections are
//!   used, idle ones are closed. So a new visitor is always admitted, and so is `/healthz`.
//! - A body is read while it arrives at a fair pace. If a response did not need the body, the connection is
//!   closed after it. A client that has stopped reading is disconnected.
//! - A client that disconnects is noticed at once ([`Connection::is_gone`]), which ends its event stream.

mod body;
mod connection;
mod register;
mod socket;
mod watch;

pub use connection::{Connection, Owner};
pub use register::{Connections, TIDY_INTERVAL};
pub use socket::WatchedSocket;
pub use watch::watch;
