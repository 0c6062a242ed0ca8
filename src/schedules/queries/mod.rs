//! SQL of schedules.

mod choices;
mod detail;
mod list;
mod saving;

pub use choices::{Choice, attendants, contact_choice, contacts, departments, facts, people, prefilled};
pub use detail::{Detail, HistoryEntry, detail, history};
pub use list::{Counts, Filter, Row, counts, page};
pub use saving::{cancel, conflict, existing, insert, lock_key, spacing};
