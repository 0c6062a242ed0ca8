//! Adds entries to the audit.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::audit::Entry;
use crate::error::Result;
use crate::schema::audit;

/// Adds an entry. Call it in the same transaction as the change that it records.
pub fn record(conn: &mut PgConnection, entry: &Entry) -> Result<()> {
    diesel::insert_into(audit::table)
        .values((
            audit::action.eq(entry.action.as_str()),
            audit::actor_id.eq(entry.actor.map(|actor| actor.0)),
            audit::subject_id.eq(entry.subject),
            audit::details.eq(&entry.details),
            audit::ip.eq(&entry.ip),
        ))
        .execute(conn)?;
    Ok(())
}
