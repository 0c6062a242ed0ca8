//! Import of contacts from a CSV file: upload, preview, confirmation, progress, result.
//!
//! The lines of a file are kept in the database from the upload on, each already judged; nothing of it is a
//! contact before somebody confirms. A line whose number or e-mail address belongs to a contact is that
//! contact: it is left alone, or changed, as the person chooses. Confirmed, the lines are taken in portions,
//! each in its own transaction, by whichever process comes first; one works at a time. A stop loses nothing:
//! the next process goes on where the last one ended. Lines that were taken are deleted, and the rest a week
//! after the upload, for they hold customers' data.
//!
//! ```text
//! preview ──confirm──▶ running ──last line──▶ finished
//!    └───cancel──▶ cancelled ◀──cancel──┘       what was taken until then stays
//! ```

mod file;
mod handlers;
mod queries;
mod stage;
mod take;
mod views;
mod worker;

pub use file::MOST_LINES;
pub use take::take_portion;
pub use worker::keep_working;

use crate::text_enum;
use crate::web::Route;

text_enum! {
    /// How far an import has come.
    pub enum ImportStatus {
        Preview = "preview",
        Running = "running",
        Finished = "finished",
        Cancelled = "cancelled",
    }
}

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/contacts/import", handlers::new),
        Route::post("/contacts/import", handlers::create),
        Route::get("/contacts/import/template", handlers::template),
        Route::get("/contacts/imports/{id}", handlers::show),
        Route::post("/contacts/imports/{id}/confirmation", handlers::confirm),
        Route::post("/contacts/imports/{id}/cancellation", handlers::cancel),
        Route::get("/contacts/imports/{id}/errors", handlers::errors),
    ]
}
