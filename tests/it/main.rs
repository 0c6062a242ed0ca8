//! Pontual through HTTP, on a real PostgreSQL, with one database per test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chat;
mod conversations;
mod harness;
mod schema;
mod sign_in;
mod tickets;
