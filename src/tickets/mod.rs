//! Tickets ("chamados"): one episode of service with a contact, with a protocol number.
//!
//! A contact has at most one open ticket, in the queue of a department, with or without an
//! attendant. A closed ticket never reopens: the customer's next message opens another. Who attends
//! the department, or is the ticket's attendant, or attends every ticket, may reply to it and close it.

pub mod queries;
mod ticket;

pub use queries::{close, open_ticket_of};
pub use ticket::{OpenTicket, may_close};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
