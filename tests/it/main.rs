//! Pontual through HTTP, on a real PostgreSQL, with one database per test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod audit;
mod channels;
mod chat;
mod check;
mod cli;
mod clock;
mod contacts;
mod conversations;
mod demo;
mod departments;
mod dispatcher;
mod files;
mod harness;
mod help;
mod live;
mod logo;
mod notifications;
mod plans;
mod pool;
mod profile;
mod refusals;
mod retention;
mod roles;
mod routes;
mod schedules;
mod schema;
mod settings;
mod setup;
mod sign_in;
mod stale;
mod tickets;
mod tls;
mod trouble;
mod users;
