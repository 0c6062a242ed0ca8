//! Finished data for the templates of departments.

mod departure;
mod edit;
mod index;

pub use departure::Departure;
pub use edit::{Edit, Found, New};
pub use index::Index;
