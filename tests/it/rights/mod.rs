//! Rights do not add up: no silent act gives its actor sight of a conversation that they could not see.

mod cases;
mod told;
mod walk;
mod world;
