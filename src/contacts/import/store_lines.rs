//! Stores the lines of a file whose columns were chosen.

use diesel::pg::PgConnection;
use serde_json::Value;

use super::ImportStatus;
use super::line::Line;
use super::queries::{self, Import};
use crate::error::Result;

/// Stores the lines and the choices, in the caller's transaction. Deletes the lines of an earlier choice. Does
/// nothing if the import was confirmed or cancelled meanwhile.
pub fn store_lines(conn: &mut PgConnection, import: &Import, choices: &Value, lines: &[Line]) -> Result<()> {
    let now = queries::find_for_update(conn, import.id)?;
    if !matches!(now.status, ImportStatus::Mapping | ImportStatus::Preview) {
        return Ok(());
    }
    queries::delete_all_lines(conn, import.id)?;
    queries::add_lines(conn, import.id, (import.channel_id, import.channel_kind), lines)?;
    queries::finish_mapping(conn, import.id, choices)
}
