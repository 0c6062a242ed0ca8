//! Pontual through HTTP, on a real PostgreSQL, with one database per test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chat;
mod check;
mod cli;
mod conversations;
mod demo;
mod departments;
mod dispatcher;
mod harness;
mod live;
mod notifications;
mod profile;
mod refusals;
mod roles;
mod routes;
mod schedules;
mod schema;
mod sign_in;
mod tickets;
mod tls;
mod users;
