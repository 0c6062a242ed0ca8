//! Conversations ("conversas"): all messages with a contact, across tickets, for attendants and, on
//! the chat page, for the customer.

pub mod queries;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
