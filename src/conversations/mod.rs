//! Conversations ("conversas"): all messages with a contact, across tickets, for attendants and, on the chat
//! page, for the customer.
//!
//! A user who may see one ticket of a contact reads the whole thread, and so does a user who was notified of
//! a colleague's schedule for the contact. The rule is in [`readers`]. The customer reads only what was sent
//! to them and what they wrote.

pub mod acknowledge;
pub mod chat;
pub mod closure;
pub mod files;
mod form;
pub mod handlers;
pub mod messages;
mod page;
pub mod queries;
pub mod readers;
pub mod reading;
pub mod receive;
pub mod reply;
pub mod thread;
pub mod tickets;
mod views;

pub use tickets::TicketList;
