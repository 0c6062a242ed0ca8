//! The frame around every page of the signed-in user: navigation panel, top bar, bell, notices.
//!
//! A handler answers with a [`Page`](crate::web::Page), the content alone; the middleware [`surround`] puts
//! the frame around it. What the frame shows is read in the same statement as the session and its account.

mod frame;
mod handlers;
pub mod navigation;
mod queries;

pub use frame::surround;
pub use handlers::home;
pub use queries::Frame;
