//! The embedded migrations. Several processes may start at once: an advisory lock lets one run them while the
//! others wait.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Why the database cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database has a history of its own: our migrations would make tables that it has already.
    #[error(
        "the database was made by a version of Pontual that does not fit this one (its migration {0} is unknown): \
         use an empty database, or the version that made it"
    )]
    Foreign(String),
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Runs the pending migrations, each in its own transaction, and returns how many ran.
pub fn migrate(conn: &mut PgConnection) -> Result<usize, MigrationError> {
    let prepare = "SET client_min_messages = 'warning'; SET lock_timeout = 0; SET statement_timeout = 0; \
                   SELECT pg_advisory_lock(hashtext('pontual.migrations'))";
    conn.batch_execute(prepare).map_err(Error::from)?;
    let ran = run_pending(conn);
    let release = "SELECT pg_advisory_unlock(hashtext('pontual.migrations'))";
    conn.batch_execute(release).map_err(Error::from)?;
    ran
}

fn run_pending(conn: &mut PgConnection) -> Result<usize, MigrationError> {
    let pending = conn.pending_migrations(MIGRATIONS).map_err(Error::unexpected)?;
    // Without a pending migration, an unknown one is from a newer version, which may run beside this one.
    if !pending.is_empty()
        && let Some(version) = unknown(conn)?
    {
        return Err(MigrationError::Foreign(version));
    }
    let ran = conn.run_migrations(&pending).map_err(Error::unexpected)?;
    Ok(ran.len())
}

/// A migration that ran on the database and is not among ours.
fn unknown(conn: &mut PgConnection) -> Result<Option<String>> {
    let ours: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(Error::unexpected)?;
    let applied = conn.applied_migrations().map_err(Error::unexpected)?;
    let is_ours = |version| ours.iter().any(|migration| migration.name().version() == version);
    Ok(applied.into_iter().find(|version| !is_ours(version.as_owned())).map(|version| version.to_string()))
}

/// Number of pending migrations.
pub fn pending_count(conn: &mut PgConnection) -> Result<usize> {
    conn.pending_migrations(MIGRATIONS).map(|pending| pending.len()).map_err(Error::unexpected)
}

/// Whether no migration is pending.
pub fn are_current(conn: &mut PgConnection) -> Result<bool> {
    Ok(pending_count(conn)? == 0)
}
