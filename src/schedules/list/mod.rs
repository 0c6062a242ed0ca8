//! The list of schedules, with its tabs and filters.
//!
//! Users with the permission see all schedules here; others cannot open the list. The address holds the whole
//! state of the page ([`Filters`] and where the page begins), so that it can be shared and the browser's
//! "back" restores it. The calendar shows the same schedules with the same filters.

mod begin_export;
pub mod cancellations;
pub mod export_csv;
mod filters;
pub mod handlers;
mod period;
mod queries;
mod views;

pub use filters::{Attendant, Filters, Query, Sort};
pub use period::Period;
pub use queries::{
    Counts, FILTER_PARAMETERS, FilterOptions, FilterValues, SCHEDULES, SearchResult, Source, TextSample,
    Words, added, bind_filters, counts, find, is_by_index, newest, options,
};
pub use views::{Chip, FilterForm, PATH, ViewSwitch, chips};
