//! SQL of the list.

mod bulk;
mod export;
mod narrowed;
mod options;
mod page;
mod search;
mod situation;

pub use bulk::{Bulk, cancel_all, chosen};
pub use export::{ExportRow, chunk};
pub use narrowed::{BOUND, Narrowed, narrowed, narrowing};
pub use options::{Options, options, users};
pub use page::{Count, Counts, Row, counts, page};
