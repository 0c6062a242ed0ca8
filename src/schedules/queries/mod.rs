//! SQL of schedules.

mod choices;
mod detail;
mod readers;
mod saving;

pub use choices::{Choice, attendants, contact_choice, contacts, departments, facts, people, prefilled};
pub use detail::{Detail, HistoryEntry, detail, history};
pub use readers::{CONCERNED, READS_ALL, is_readable};
pub use saving::{cancel, conflict, existing, insert, lock_key, spacing};
