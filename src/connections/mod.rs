//! The connections of visitors: how many of them there may be, for how long, and who goes first when there
//! is no room.
//!
//! A visitor who sends nothing, reads nothing or never ends costs a place that others need. So each
//! connection is known here by its [`Connection`] from the moment it is accepted:
//!
//! - One address (an IPv6 /64) may have so many at once. A balancer and this machine are exempt: what they
//!   bring is judged by the address that they forward, request by request ([`watch`]).
//! - Those who are signed in keep their places. When strangers have taken theirs, the strangers who have
//!   waited longest lose them; when all are taken, whoever waits for nothing. So a newcomer always gets in,
//!   `/healthz` too.
//! - A body is read as long as it comes at a fair pace, and closed after an answer that did not want it. A
//!   client that has stopped reading is given up.
//! - A client that is gone is noticed at once ([`Connection::is_gone`]), which ends its stream of events.

mod body;
mod connection;
mod register;
mod stream;
mod watch;

pub use connection::{Connection, Owner};
pub use register::{Connections, EVERY};
pub use stream::Guarded;
pub use watch::watch;
