//! Channels ("conexões"): ways to reach contacts. The only kind so far is the web chat, whose page customers
//! open by their link.
//!
//! A channel has a name for the team, and a name, colour and greeting for customers. First messages wait in
//! its default department, which users cannot change to one of their own (see `departments::self_access`). A
//! channel is deactivated, never deleted. The links of its customers then open nothing, and schedules that
//! would open a ticket fail with an error that says so.

pub mod addresses;
mod capabilities;
pub mod colour;
mod deactivate;
pub mod deactivation;
pub mod email;
mod form;
pub mod handlers;
mod kind;
mod queries;
pub mod reactivation;
mod save;
mod secrets;
pub mod transport;
mod transports;
mod views;
pub mod webhook;

pub use capabilities::{Capabilities, Promise};
pub use colour::Colour;
pub use kind::{ChannelKind, IdentityKind};
pub use secrets::{SecretCipher, Secrets};
pub use transports::{TransportOptions, open as open_transport};

const CHANNEL_DEACTIVATED: &str = "Conexão desativada.";
