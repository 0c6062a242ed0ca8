//! Deactivating a user, and taking them back.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::error::Result;
use crate::ids::UserId;

/// # Errors
/// `last_administrator`, or the database is unreachable.
pub fn deactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::sql_query("UPDATE users SET deactivated_at = now(), updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(())
}

/// # Errors
/// `users_active_has_password` for somebody who never chose one; or the database is unreachable.
pub fn reactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::sql_query("UPDATE users SET deactivated_at = NULL, updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(())
}
