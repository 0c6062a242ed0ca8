//! Channels ("conexões"): ways to reach contacts. The kind of a channel is chosen when it is created, and never changes.
//!
//! First messages wait in the channel's default department, which users cannot change to one of their own (see
//! `departments::self_access`). The web chat has a page that customers open by their link; its name, colour and greeting
//! are part of the channel. E-mail and webhook have settings and secrets ([`form`], [`secrets`]), and hand messages over
//! by a [`transport`]. How they are doing is shown on their page ([`health`]); a person may pause them.
//!
//! A channel is deactivated, never deleted. The links of its customers then open nothing, its queue is kept and not
//! sent, and schedules that would open a ticket by it fail with an error that says so. A schedule for which nobody chose a
//! channel goes by another of the contact's.

pub mod addresses;
mod capabilities;
pub mod chat_colours;
mod colour;
mod deactivate;
pub mod deactivation;
pub mod email;
mod form;
pub mod handlers;
mod health;
mod incoming;
mod kind;
pub mod pause;
pub mod previous_secret;
mod queries;
pub mod reactivation;
pub mod resumption;
pub mod retry;
mod rotate;
mod save;
pub mod secret;
mod secrets;
mod stored;
pub mod test;
mod tools;
pub mod transport;
mod transports;
mod views;
pub mod webhook;

pub use capabilities::{Capabilities, Promise};
pub use colour::Colour;
pub use kind::{ChannelKind, IdentityKind};
pub use secrets::{SecretCipher, Secrets};
pub use transports::{TimeLimits, TransportOptions, open as open_transport};

const CHANNEL_DEACTIVATED: &str = "Conexão desativada.";
