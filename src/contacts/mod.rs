//! Contacts ("contatos"): one address on one channel.

mod link;
mod phone;

pub use link::Links;
pub use phone::display_phone;
