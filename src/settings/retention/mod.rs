//! Retention ("retenção de dados"): how long data that grows by itself is kept.
//!
//! Notifications are removed after some months, read or not. The audit is kept for years. The database
//! refuses to delete audit rows that are younger than the company's setting or than twelve months. Ended
//! sessions and old sign-in attempts are removed, too. The history of a schedule is removed as a whole, years
//! after the schedule's end; the history of a pending schedule stays. Contacts, conversations and schedules
//! stay.
//!
//! When rows are removed, the table `retention` records the time before which rows may be missing. So
//! `pontual check` can tell removed rows from lost ones.

mod form;
pub mod handlers;
mod queries;
mod save;
mod views;
pub mod worker;

pub use form::Retention;
pub use queries::current;
