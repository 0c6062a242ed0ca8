//! The customer's chat: the public page of a contact on the web chat, opened by their link.
//!
//! The customer sees what was sent to them and what they wrote. What they write reaches their open
//! ticket, or opens one in the department that last served them, else in the channel's own.

mod customer;
mod handlers;
mod queries;
mod views;

pub use customer::Customer;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/c/{token}", handlers::show),
        Route::get("/c/{token}/messages", handlers::messages),
        Route::post("/c/{token}/messages", handlers::write),
        Route::post("/c/{token}/receipts", handlers::acknowledge),
    ]
}
