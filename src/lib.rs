//! Pontual: a company schedules an action of its platform for one date and time.
//!
//! Each folder is a noun of the business; `routes` lists all addresses. A request goes through extractors,
//! handler, form, query and view. A due schedule goes through `dispatcher`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod app;
pub mod audit;
pub mod auth;
pub mod channels;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod contacts;
pub mod conversations;
pub mod db;
pub mod demo;
pub mod departments;
pub mod dispatcher;
pub mod email;
pub mod error;
pub mod files;
pub mod handover;
pub mod help;
pub mod ids;
pub mod inbox;
pub mod keys;
pub mod layout;
pub mod live;
pub mod log;
pub mod login;
pub mod notifications;
pub mod outbox;
pub mod people;
pub mod phone;
pub mod profile;
pub mod refusal;
pub mod roles;
pub mod routes;
pub mod schedules;
pub mod schema;
pub mod server;
pub mod settings;
pub mod setup;
pub mod text;
pub mod theme;
pub mod tickets;
pub mod users;
pub mod web;

pub use error::{Error, Result};
