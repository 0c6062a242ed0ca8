//! Finished data for the templates of departments.

mod departure;
mod edit;
mod index;

pub use departure::Departure;
pub use edit::{Blank, Edit, Found};
pub use index::Index;
