//! The customer's chat: the public page of a contact on the web chat, opened by their link.
//!
//! The link is a secret in an address, which histories, previews and screenshots keep. So it only opens a door: at
//! the first visit each browser exchanges it for a cookie of its own, and its page has an address that is no secret.
//! Another browser needs the link again. An access ends after 180 days, when the customer or whoever manages the
//! contact shuts it out, and when the link is revoked.
//!
//! The customer sees what was sent to them and what they wrote. What they write reaches their open
//! ticket, or opens one in the department that last served them, else in the channel's own.

mod accesses;
mod browser;
mod customer;
mod handlers;
mod pace;
mod queries;
mod views;

pub use customer::Customer;
pub use pace::Paces;
pub use queries::{IS_OPEN, OpenAccess, accesses, end_accesses};

use crate::web::Route;

/// So long after it opened the link, a browser needs the link again.
pub const LONGEST_DAYS: i32 = 180;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/c/{contact:[0-9]+}", handlers::show),
        Route::get("/c/{contact:[0-9]+}/messages", handlers::messages),
        Route::post("/c/{contact:[0-9]+}/messages", handlers::write),
        Route::post("/c/{contact:[0-9]+}/receipts", handlers::acknowledge),
        Route::get("/c/{contact:[0-9]+}/accesses", accesses::index),
        Route::post("/c/{contact:[0-9]+}/accesses/ending", accesses::end_others),
        Route::post("/c/{contact:[0-9]+}/departure", accesses::leave),
        Route::get("/c/{token}", accesses::enter),
    ]
}
