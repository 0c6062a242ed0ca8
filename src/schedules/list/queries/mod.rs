//! SQL of the list.

mod bulk;
mod counts;
mod export;
mod narrowed;
mod options;
mod page;
mod search;
mod situation;

pub use bulk::{Bulk, cancel_all, chosen, contacts_of};
pub use counts::{Count, Counts, counts};
pub use export::{ExportRow, chunk};
pub use narrowed::{BOUND, Narrowed, narrowed, narrowed_to, narrowing};
pub use options::{Options, options, users};
pub use page::{Row, page};
pub use search::{Found, added, find, newest};
