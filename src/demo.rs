//! The demonstration company.

use diesel::pg::PgConnection;

use crate::error::Result;

/// What `bin/run` prints.
pub const SIGN_INS: &str = "";

/// # Errors
/// The database is unreachable.
pub fn fill(_conn: &mut PgConnection) -> Result<bool> {
    Ok(false)
}

/// # Errors
/// The database is unreachable.
pub fn is_in(_conn: &mut PgConnection) -> Result<bool> {
    Ok(false)
}
