//! The user's own profile: name, password, theme, what the browser does on a notification, and open sessions.
//!
//! The theme is saved with the user, and each browser's cookie `theme` follows it. Changing the password
//! requires the current one and ends the other sessions. Ending sessions requires the current password, too.

mod change_password;
mod check_password;
mod form;
pub mod handlers;
pub mod password;
mod queries;
pub mod sessions;
pub mod theme;
mod update;
mod views;
