//! SQL of the list. Most of it is text, because the plan depends on the filters that are set and on how the
//! conditions are written.
//!
//! - Filters: `filter_values` (as a condition), `status_range` (which index), `options` (of the selects).
//! - Rows: `page`, `counts` (of the tabs), `ticked`, `export` (the CSV file).
//! - Search: `search`, `found` (its result), `text_sample` (estimates which plan is the fastest).

mod counts;
mod export;
mod filter_values;
mod found;
mod options;
mod page;
mod search;
mod search_order;
mod status_range;
mod text_sample;
mod ticked;

pub use counts::{Count, Counts, counts};
pub use export::{ExportRow, chunk};
pub use filter_values::{FILTER_PARAMETERS, FilterValues, SCHEDULES, Source, bind_filters};
pub use found::{counts_and_page, is_read_at_once};
pub use options::{FilterOptions, options, users};
pub use page::{Row, page};
pub use search::{SearchResult, Words, added, find, newest};
pub use search_order::is_by_index;
pub use text_sample::TextSample;
pub use ticked::{TickedSchedule, chosen, contacts_of};
