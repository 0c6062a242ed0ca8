//! Pontual through HTTP, on a real PostgreSQL, with one database per test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod dispatcher;
mod harness;
mod schema;
mod sign_in;
