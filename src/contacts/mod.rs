//! Contacts ("contatos"): one address on one channel.

mod link;

pub use link::Links;
