//! Contacts ("contatos"): one address on one channel.

pub mod display;
mod link;
mod phone;

pub use link::Links;
pub use phone::display_phone;
