//! Finished data for the templates of departments.

mod deactivation;
mod edit;
mod index;

pub use deactivation::Deactivation;
pub use edit::{CandidateSearch, Edit, New};
pub use index::Index;
