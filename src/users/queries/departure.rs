//! Deactivating and reactivating a user.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::error::Result;
use crate::ids::UserId;

/// # Errors
/// Violates `last_administrator` for the last active administrator.
pub fn deactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::sql_query("UPDATE users SET deactivated_at = now(), updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(())
}

/// # Errors
/// Violates `users_active_has_password` if the user has never chosen a password.
pub fn reactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::sql_query("UPDATE users SET deactivated_at = NULL, updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(())
}
