//! One throw-away PostgreSQL per run, one database per test, and visitors that click like people.

mod app;
mod company;
mod database;
mod page;
mod plan;

pub use app::TestApp;
pub use company::{Company, PASSWORD};
pub use database::Database;
pub use page::Page;
pub use plan::Plan;
