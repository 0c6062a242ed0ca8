//! SQL of contacts: `list`, `detail` (a contact's page), `options` (of selects), `saving`, and `export_csv`.

mod detail;
mod export_csv;
mod list;
mod options;
mod saving;

pub use detail::{ContactDetail, PendingSchedule, TicketLine, detail, lock, pending_schedules, tickets};
pub use export_csv::{ExportRow, rows_after};
pub use list::{Filter, Row, page};
pub use options::{
    CREATED_BY_USERS, Choice, attendants, channels, contact_options, departments, person_options,
    referenced_records,
};
pub use saving::{
    PossibleDuplicate, archive, create, default_departments, lock_person, possible_duplicates, restore,
    revoke_link, update,
};
