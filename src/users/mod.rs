//! Users: who signs in. An attendant is a user who belongs to departments.

mod account;
mod queries;

pub use account::NewAccount;
pub use queries::{are_there, create_administrator};
