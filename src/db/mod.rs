//! The database: the pool for requests, migrations, the private server.
//!
//! `Db::run` and `Db::transaction` run a closure with a connection on the blocking pool. The dispatcher and
//! the listener have their own connections (`connect`), so that a busy pool never delays them.

pub mod listen;
mod migrations;
pub mod patience;
mod pool;
mod prepared;
pub mod private;
mod remembered;
mod rows;
mod sqlstate;
mod turns;
mod url;

pub use migrations::{MigrationError, are_current, migrate, pending_count};
pub use pool::{Db, connect};
pub use prepared::{Prepared, prepared, replanned};
pub use remembered::{Changes, Remembered};
pub use sqlstate::SqlState;
pub use turns::Row;
pub use url::{AddressError, with_tls_and_time_outs};
