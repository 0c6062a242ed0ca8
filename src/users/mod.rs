//! Users: who signs in. An attendant is a user who belongs to departments.

mod account;
mod queries;

pub use account::NewAccount;
pub use queries::create_administrator;
