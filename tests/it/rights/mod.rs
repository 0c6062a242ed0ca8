//! Rights do not add up: no unnoticed act gives its actor access to a conversation that they could not read.

mod cases;
mod notified;
mod walk;
mod world;
