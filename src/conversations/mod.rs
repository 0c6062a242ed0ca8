//! Conversations ("conversas"): all messages with a contact, across tickets, for attendants and, on the chat
//! page, for the customer.
//!
//! A user who may see one ticket of a contact reads the whole thread, and so does a user who was notified of
//! a colleague's schedule for the contact. The rule is in [`readers`]. The customer reads only what was sent
//! to them and what they wrote.

pub mod attachments;
pub mod chat;
pub mod handlers;
pub mod queries;
pub mod readers;
pub mod thread;
mod views;

pub use handlers::{Desk, Wanted};
pub use queries::Subject;
pub use views::Draft;
