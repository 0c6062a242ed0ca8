//! The customer's chat: the public page of a contact on the web chat, opened by their link.
//!
//! The link is a secret in an address, and addresses end up in histories, previews and screenshots. So each
//! browser exchanges the link for a cookie at its first visit, and the page itself has an address without the
//! secret. Another browser needs the link again. An access ends after 180 days, when the customer or a user
//! who manages the contact ends it, and when the link is revoked.
//!
//! Customers see what was sent to them and what they wrote. What they write goes to their open ticket. If
//! there is none, it opens a ticket in the department that served them last, or else in the channel's default
//! department. They may send files with the limits and checks of schedules. What one contact can send in a day is
//! bounded, however many browsers opened the link (`files::queries::volume`).

pub mod accesses;
mod browser;
mod customer;
pub mod departure;
mod end_access;
mod enter;
pub mod handlers;
mod keep_files;
pub mod messages;
mod posted;
mod queries;
mod rate_limits;
pub mod receipts;
mod views;

pub use customer::Customer;
pub use end_access::end_accesses;
pub use queries::{ACCESS_IS_VALID, OpenAccess, accesses};
pub use rate_limits::ChatRateLimits;

/// Days after which a browser needs the link again.
pub const ACCESS_DAYS: i32 = 180;
