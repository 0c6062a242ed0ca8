//! One throw-away PostgreSQL per run, one database per test, and visitors that click like people.

mod app;
mod company;
mod database;
mod page;

pub use app::{TestApp, Visitor};
pub use company::{Company, PASSWORD};
pub use database::Database;
pub use page::Page;
