//! Conversations ("conversas"): all messages with a contact, across tickets, for attendants and, on
//! the chat page, for the customer.
//!
//! Who may see any ticket of a contact, or is told of somebody else's schedule for the contact, reads the whole
//! thread: [`readers`] says it once. The customer reads what was sent to them and what they wrote, and nothing else.

pub mod chat;
mod handlers;
pub mod queries;
pub mod readers;
pub mod thread;
mod views;

pub use handlers::{Desk, Wanted};
pub use queries::Subject;
pub use views::Draft;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/contacts/{id}/conversation", handlers::show),
        Route::get("/contacts/{id}/conversation/messages", handlers::messages),
    ];
    routes.extend(chat::routes());
    routes
}
