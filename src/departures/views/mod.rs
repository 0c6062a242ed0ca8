//! Finished data for the pages that ask before work is handed over.

mod leaving;
mod places;
mod shown;

pub use leaving::Leaving;
pub use places::Place;
pub use shown::{Shown, counted};
