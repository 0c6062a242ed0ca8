//! SQL of schedules.

mod choices;
mod detail;
mod facts;
mod files;
mod handover;
mod history;
mod readers;
mod saving;
mod stored;

pub use choices::{
    Choice, Proposal, attendants, contact_choice, contacts, departments, inactive_department, people,
    person_choice, proposal,
};
pub use detail::{Detail, Story, detail};
pub use facts::facts;
pub use files::{attach, of_schedule as files_of, usable as usable_files};
pub use handover::{Clash, clashes, hand_over, lock_handed_over};
pub use history::{History, HistoryEntry, Kin, Names, history, history_since, kin};
pub use readers::{CONCERNED, READS_ALL, is_readable};
pub use saving::{
    Made, Wanted, add_history, cancel, conflict, hold_contact, insert, interval, lock_keys, made_by, spacing,
    stands_at,
};
pub use stored::{Stored, lock_stored, stored};
