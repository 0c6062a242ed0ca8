//! The message of a form with its variables filled.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::schedules::draft::ChosenIds;

/// Fills the variables as `dispatcher/decide.sql` does, as if the message were sent at `at`. What is not known yet stays
/// as it is written, such as the number of the ticket.
pub fn filled_message(
    conn: &mut PgConnection,
    message: &str,
    chosen: ChosenIds,
    at: Option<DateTime<Utc>>,
) -> Result<String> {
    Ok(db::prepared("SELECT fill_variables($1, message_variables($2, $3, $4, $5, NULL))")
        .bind(message)
        .bind(chosen.contact)
        .bind(chosen.department)
        .bind(chosen.attendant)
        .bind(at)
        .get_result(conn)?)
}
