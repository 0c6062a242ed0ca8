//! Finished data for the questions before a departure.

mod leaving;
mod places;
mod shown;

pub use leaving::Leaving;
pub use places::Place;
pub use shown::{Shown, counted};
