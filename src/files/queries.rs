//! SQL of files.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use super::ContentHash;
use crate::error::Result;

/// Makes sure that the blob has a row, and that the sweeper leaves it alone for an hour.
///
/// # Errors
/// The database is unreachable.
pub fn claim_blob(conn: &mut PgConnection, hash: ContentHash, size: u64, media_type: &str) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO blobs (sha256, size, media_type) VALUES ($1, $2, $3)
         ON CONFLICT (sha256) DO UPDATE SET claimed_at = clock_timestamp()",
    )
    .bind::<Binary, _>(hash)
    .bind::<BigInt, _>(size as i64)
    .bind::<Text, _>(media_type)
    .execute(conn)?;
    Ok(())
}
