//! SQL of the audit.

mod history;
pub mod log;
mod record;

pub use history::{Change, newest_about, newest_of};
pub use record::record;
