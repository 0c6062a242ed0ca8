//! SQL of schedules.
//!
//! - The form: `choices` (options of the selects), `facts` (the chosen records), `preview` (of the message), `files`.
//! - One schedule: `detail` (its page), `history`, `stored` (its row), `readers` (who may read it).
//! - Changes: `saving` (create and cancel), `handover`. A pending schedule is changed in `editing/queries.rs`.

mod choices;
mod detail;
mod facts;
mod files;
mod handover;
mod history;
mod preview;
mod readers;
mod saving;
mod stored;
mod suggestions;

pub use choices::{
    Choice, Proposal, attendants, contact_choice, contacts, departments, inactive_department, people,
    person_choice, proposal,
};
pub use detail::{Detail, DetailPage, detail};
pub use facts::{facts, preferred_channel};
pub use files::{attach, of_schedule as files_of, usable as usable_files};
pub use handover::{Clash, clashes, hand_over, lock_handed_over};
pub use history::{History, HistoryEntry, Names, Related, history, history_since, related};
pub use preview::filled_message;
pub use readers::{READS_ALL, USERS_OF_SCHEDULE, is_readable};
pub use saving::{
    FormColumns, SavedByForm, WantedTime, add_history, cancel, cancel_all, conflict, has_time_and_key,
    insert, lock_contact, lock_keys, saved_by_form, spacing,
};
pub use stored::{Stored, lock_stored, stored};
pub use suggestions::{MAX_COUNTED, free_times, pending_by_hour};
