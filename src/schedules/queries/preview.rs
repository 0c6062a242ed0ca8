//! The message of a form with its variables filled.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::schedules::draft::ChosenIds;

/// Fills the variables as `dispatcher/decide.sql` does, as if the message were sent at `at`. A variable whose value
/// is not known yet, such as the number of the ticket, stays as it is.
pub fn filled_message(
    conn: &mut PgConnection,
    message: &str,
    chosen: ChosenIds,
    at: Option<DateTime<Utc>>,
) -> Result<String> {
    // SQL text: calls the database's functions, so that preview and dispatch cannot differ.
    Ok(db::prepared("SELECT fill_variables($1, message_variables($2, $3, $4, $5, NULL))")
        .bind(message)
        .bind(chosen.contact)
        .bind(chosen.department)
        .bind(chosen.attendant)
        .bind(at)
        .get_result(conn)?)
}
