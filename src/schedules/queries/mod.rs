//! SQL of schedules.

mod choices;
mod detail;
mod editing;
mod facts;
mod files;
mod handover;
mod history;
mod readers;
mod saving;

pub use choices::{
    Choice, Proposal, attendants, contact_choice, contacts, departments, inactive_department, people,
    person_choice, proposal,
};
pub use detail::{Detail, Story, detail};
pub use editing::{Saving, Stored, is_edited_by, is_own_since, lock_stored, stands_at, stored, update};
pub use facts::facts;
pub use files::{attach, of_schedule as files_of, usable as usable_files};
pub use handover::{Clash, clashes, hand_over, lock_handed_over};
pub use history::{History, HistoryEntry, Kin, Names, history, history_since, kin};
pub use readers::{CONCERNED, READS_ALL, is_readable};
pub use saving::{Made, Wanted, cancel, conflict, hold_contact, insert, lock_keys, made_by, spacing};
