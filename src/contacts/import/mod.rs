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
//!    └──────────cancel───────────┴───────▶ cancelled ◀┘       imported lines stay
//! ```

mod cancel;
pub mod cancellation;
mod column_titles;
pub mod columns;
mod confirm;
pub mod confirmation;
mod encoding;
pub mod errors;
pub mod handlers;
mod import_lines;
pub mod leftovers;
mod line;
mod numbers;
mod queries;
mod store_lines;
mod summary;
mod table;
pub mod template;
mod upload;
mod views;
mod worker;

pub use import_lines::import_portion;
pub use table::MAX_LINES;
pub use worker::run_worker;

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
