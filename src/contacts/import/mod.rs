//! Import of contacts from a file (CSV, .xlsx, vCard): upload, choice of columns, preview, confirmation, progress,
//! result.
//!
//! The file is kept as it came until it is confirmed. Somebody says what becomes of each column; then its lines are
//! judged and kept in the database. Nothing of it is a contact before somebody confirms. A line whose number or
//! e-mail address belongs to a contact, or which names one by its code, is that contact: it is left alone, or
//! changed, as the person chooses. Confirmed, the lines are taken in portions, each in its own transaction, by
//! whichever process comes first; one works at a time. A stop loses nothing: the next process goes on where the
//! last one ended. Lines that were taken are deleted, and the rest a week after the upload, for they hold
//! customers' data.
//!
//! ```text
//! mapping ──columns chosen──▶ preview ──confirm──▶ running ──last line──▶ finished
//!    │ ◀────other columns──────┘ │                    │
//!    └──────────cancel───────────┴───────▶ cancelled ◀┘       what was taken until then stays
//! ```

mod columns;
mod handlers;
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
use crate::web::Route;

text_enum! {
    /// How far an import has come.
    pub enum ImportStatus {
        Mapping = "mapping",
        Preview = "preview",
        Running = "running",
        Finished = "finished",
        Cancelled = "cancelled",
    }
}

/// A text of a file on one line: line breaks and other control characters become one space.
fn one_line(text: &str) -> String {
    let parts = text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/contacts/import", handlers::new),
        Route::post("/contacts/import", handlers::create),
        Route::get("/contacts/import/template", handlers::template),
        Route::get("/contacts/imports/{id}", handlers::show),
        Route::get("/contacts/imports/{id}/columns", columns::show),
        Route::post("/contacts/imports/{id}/columns", columns::choose),
        Route::post("/contacts/imports/{id}/confirmation", handlers::confirm),
        Route::post("/contacts/imports/{id}/cancellation", handlers::cancel),
        Route::get("/contacts/imports/{id}/errors", handlers::errors),
        Route::get("/contacts/imports/{id}/leftovers", handlers::leftovers),
    ]
}
