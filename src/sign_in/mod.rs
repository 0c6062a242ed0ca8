//! Signing in and out: the sign-in page, and forms that wait for it.
//!
//! Sessions, permissions and passwords themselves are in `auth`.

pub mod handlers;
mod kept_form;

pub use kept_form::keep_refused;
