//! The parts of the form that the browser asks for when something is chosen in it (`/schedules/new/…`). The form
//! itself is answered by `handlers.rs`, and by `editing` for a schedule that exists.

pub mod attendants;
pub mod contact_warning;
pub mod contacts;
pub mod people;
pub mod preview;
pub mod proposal;
