//! The database: the pool for requests, migrations, the private server.
//!
//! `Db::run` and `Db::transaction` run a closure with a connection on the blocking pool. The dispatcher and
//! the listener have their own connections (`connect`), so that a busy pool never delays them.

mod cache;
mod contact_queues;
mod functions;
pub mod listen;
mod migrations;
mod pagination;
mod pool;
mod prepared;
pub mod private;
mod rows;
mod search;
mod sqlstate;
mod url;
pub mod wait_limit;

pub use cache::{Cache, Changes};
pub use contact_queues::LockedRow;
pub use functions::{clock_timestamp, lower};
pub use migrations::{MigrationError, are_current, migrate, pending_count};
pub use pagination::{Cursor, NameCursor, PageOf};
pub use pool::{Db, connect};
pub use prepared::{Prepared, prepared, replanned};
pub use rows::{Column, Row};
pub(crate) use rows::{row, row_by_position};
pub use search::Search;
pub use sqlstate::SqlState;
pub use url::{AddressError, with_tls_and_time_outs};
