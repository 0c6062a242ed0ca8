//! Signing in and out: the sign-in page, and forms that wait for it.
//!
//! Sessions, permissions and passwords themselves are in `auth`.

mod form_recovery;
pub mod handlers;
pub mod logout;
mod session;

pub use form_recovery::recover_forms;
