//! Contacts ("contatos"): one address on one channel.

pub mod display;
mod link;

pub use link::{HAS_CHAT, Links};
