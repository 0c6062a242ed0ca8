//! Import of contacts from a file (CSV, .xlsx, vCard). Its steps: upload, choice of columns, preview,
//! confirmation, progress, result.
//!
//! The uploaded file is stored unchanged until the import is confirmed. The user chooses the target of each
//! column. Then the lines are checked and stored in the database. No contact is created or changed before the
//! user confirms.
//!
//! A line belongs to an existing contact if it has the contact's number or e-mail address, or its code. The
//! user chooses whether such contacts are left alone or updated.
//!
//! After the confirmation, a background worker imports the lines in portions, each in its own transaction.
//! Every process has such a worker, but only one works at a time. If it stops, another process continues where
//! it ended, and nothing is lost. Imported lines are deleted at once. The others are deleted a week after the
//! upload, because they contain customers' data.
//!
//! ```text
//! mapping ──columns chosen──▶ preview ──confirm──▶ running ──last line──▶ finished
//!    │ ◀────other columns──────┘ │                    │
//!    └──────────cancel───────────┴───────▶ cancelled ◀┘       what was taken until then stays
//! ```

pub mod columns;
pub mod handlers;
mod heads;
mod line;
mod numbers;
mod queries;
mod sketch;
mod table;
mod take;
mod text;
mod views;
mod worker;

pub use table::MOST_LINES;
pub use take::take_portion;
pub use worker::keep_working;

use crate::text_enum;

text_enum! {
    /// The steps of an import. The module's documentation shows the transitions.
    pub enum ImportStatus {
        Mapping = "mapping",
        Preview = "preview",
        Running = "running",
        Finished = "finished",
        Cancelled = "cancelled",
    }
}

/// A text of the file on one line: line breaks and other control characters become one space.
fn one_line(text: &str) -> String {
    let parts = text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}
