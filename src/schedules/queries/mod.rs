//! SQL of schedules.

mod choices;
mod detail;
mod handover;
mod list;
mod readers;
mod saving;

pub use choices::{Choice, attendants, contact_choice, contacts, departments, facts, people, prefilled};
pub use detail::{Detail, HistoryEntry, detail, history};
pub use handover::{Clash, clashes, hand_over, lock_handed_over};
pub use list::{Counts, Filter, Row, counts, page};
pub use readers::{CONCERNED, READS_ALL, is_readable};
pub use saving::{cancel, conflict, existing, insert, lock_key, spacing};
