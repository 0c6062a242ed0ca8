//! The embedded migrations. Several processes may start at once: an advisory lock lets one run them while the
//! others wait.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Runs the pending migrations, each in its own transaction, and returns how many ran.
pub fn migrate(conn: &mut PgConnection) -> Result<usize> {
    conn.batch_execute(
        "SET client_min_messages = 'warning'; SET lock_timeout = 0; SET statement_timeout = 0; \
         SELECT pg_advisory_lock(hashtext('pontual.migrations'))",
    )?;
    let ran =
        conn.run_pending_migrations(MIGRATIONS).map(|versions| versions.len()).map_err(Error::unexpected);
    conn.batch_execute("SELECT pg_advisory_unlock(hashtext('pontual.migrations'))")?;
    ran
}

/// Number of pending migrations.
pub fn pending_count(conn: &mut PgConnection) -> Result<usize> {
    conn.pending_migrations(MIGRATIONS).map(|pending| pending.len()).map_err(Error::unexpected)
}

/// Whether no migration is pending.
pub fn are_current(conn: &mut PgConnection) -> Result<bool> {
    Ok(pending_count(conn)? == 0)
}
