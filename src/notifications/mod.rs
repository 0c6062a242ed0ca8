//! Notifications ("notificações"): the entries of a user's bell.
//!
//! The dispatcher writes one per recipient when a schedule that notifies fires ("Agendamento"), and when a
//! schedule fails ("Erro no agendamento"). The row holds no text. Pages compose it from the schedule and the
//! contact, so it follows when a contact is renamed or anonymised.
//!
//! Only its recipient sees, reads and removes a notification; for others it does not exist. Each such change
//! is announced, so that the bells in all tabs agree. A user who is notified of a colleague's
//! schedule may read the contact's conversation for a while (see `conversations::readers`). Users who may not
//! are sent to the contact instead. Users choose whether their browser shows notifications and plays a sound
//! while no page of Pontual is visible.

mod bell;
mod choose_preferences;
mod filter;
pub mod handlers;
mod kind;
pub mod opening;
pub mod panel;
pub mod preferences;
pub mod queries;
pub mod reading;
pub mod removal;
mod return_path;
mod views;

pub use filter::Filter;
pub use kind::Kind;
pub use views::Item;

/// Maximum entries in the bell, and at the start of a live stream.
pub const BELL_LENGTH: i64 = 20;

/// Unread entries are counted up to this number; from here on, pages show "99+". A user may have very many.
pub const COUNT_LIMIT: i64 = 100;

const PAGE: &str = "/notifications";
