//! Schedules ("agendamentos"): one future action for one contact.
//!
//! A schedule is not recurring and not collective: it has one date and time and one contact. At its due time
//! it opens a ticket and sends a message, or notifies an attendant, or both (see [`Action`]). It keeps a
//! distance to other schedules (see [`Spacing`]). Users with the permission "Habilitar agendamento" create,
//! edit, cancel, run and reschedule them, and see all of them. An attendant reads only their own. The
//! `dispatcher` decides what happens at the due time.

mod cache;
pub mod calendar;
mod cancel;
pub mod cancellation;
mod changes;
mod closing;
mod create;
pub mod dispatch;
mod draft;
pub mod editing;
mod form;
pub mod handlers;
pub mod handover;
pub mod list;
pub mod new;
mod queries;
mod slot;
pub mod slot_check;
mod spacing;
mod state;
mod suggestions;
pub mod time;
pub mod uploads;
mod variables;
mod views;

pub use cache::ListCache;
pub use changes::Field;
pub use queries::{READS_ALL, USERS_OF_SCHEDULE, is_readable};
pub use spacing::{Scope, Spacing};
pub use state::{Action, FailureReason, Status};
pub use variables::Variable;

const SCHEDULE_NOT_PENDING: &str = "Este agendamento já não estava pendente. Confira a situação.";
const SCHEDULE_CANCELLED: &str = "Agendamento cancelado.";
const NO_SCHEDULE_CHOSEN: &str = "Selecione ao menos um agendamento pendente.";

/// What the page says after a schedule was saved.
fn saved(closed_ticket: bool) -> &'static str {
    if closed_ticket { "Agendamento salvo e chamado fechado." } else { "Agendamento salvo." }
}
