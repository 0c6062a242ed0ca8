//! The embedded migrations. Several processes may start at once: an advisory lock makes one run
//! them while the others wait.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Brings the database up to date and returns how many migrations ran.
///
/// # Errors
/// A migration failed (each is a transaction of its own), or the server is unreachable.
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

/// How many migrations the database still lacks.
///
/// # Errors
/// The server is unreachable.
pub fn pending_count(conn: &mut PgConnection) -> Result<usize> {
    conn.pending_migrations(MIGRATIONS).map(|pending| pending.len()).map_err(Error::unexpected)
}

/// Whether nothing is left to migrate.
///
/// # Errors
/// The server is unreachable.
pub fn are_current(conn: &mut PgConnection) -> Result<bool> {
    Ok(pending_count(conn)? == 0)
}
