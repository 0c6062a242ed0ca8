//! SQL of the audit.

pub mod log;
mod record;

pub use record::record;
