//! SQL of contacts.

mod choices;
mod detail;
mod export;
mod list;
mod saving;

pub use choices::{Choice, attendants, channels, departments, facts, options, person_choices};
pub use detail::{Detail, TicketLine, Touched, detail, lock, tickets, touched};
pub use export::{ExportRow, after};
pub use list::{Filter, Row, page};
pub use saving::{Twin, archive, create, first_queues, hold_person, restore, revoke_link, twins, update};
