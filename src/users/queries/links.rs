//! One-time links for choosing a password.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Text, Timestamptz};

use crate::db;
use crate::error::Result;
use crate::ids::UserId;
use crate::users::LINK_HOURS;

#[derive(QueryableByName)]
struct EndRow {
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

/// Makes a link for the user, which replaces the older one. Returns when it expires.
pub fn replace_link(
    conn: &mut PgConnection,
    user: UserId,
    token_hash: &[u8],
    by: UserId,
) -> Result<DateTime<Utc>> {
    let row: EndRow = db::prepared(
        "INSERT INTO access_links (user_id, token_hash, expires_at, made_by)
         VALUES ($1, $2, now() + make_interval(hours => $3), $4)
         ON CONFLICT (user_id) DO UPDATE
            SET token_hash = excluded.token_hash, made_at = now(), expires_at = excluded.expires_at,
                made_by = excluded.made_by
         RETURNING expires_at",
    )
    .bind::<BigInt, _>(user)
    .bind::<Binary, _>(token_hash)
    .bind::<Integer, _>(LINK_HOURS)
    .bind::<BigInt, _>(by)
    .get_result(conn)?;
    Ok(row.expires_at)
}

/// Deletes the user's link. `false` if there is none.
pub fn revoke_link(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    let ended =
        db::prepared("DELETE FROM access_links WHERE user_id = $1").bind::<BigInt, _>(user).execute(conn)?;
    Ok(ended > 0)
}

/// The user whom a link is for.
#[derive(Clone, Debug, QueryableByName)]
pub struct Invited {
    #[diesel(sql_type = BigInt)]
    pub id: UserId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    /// Whether the link is an invitation. Otherwise it resets a password.
    #[diesel(sql_type = Bool)]
    pub is_new: bool,
}

/// SQL condition: the link `l` of the user `u` is valid.
const IS_GOOD: &str = "l.expires_at > now() AND (u.password_hash IS NULL OR u.deactivated_at IS NULL)";

/// The user whom a valid link is for. `None` if the link is unknown, used or expired.
pub fn find_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Invited>> {
    Ok(db::prepared(format!(
        "SELECT u.id, u.name, u.email, u.password_hash IS NULL AS is_new
           FROM access_links l JOIN users u ON u.id = l.user_id WHERE l.token_hash = $1 AND {IS_GOOD}"
    ))
    .bind::<Binary, _>(token_hash)
    .get_result(conn)
    .optional()?)
}

/// As `find_link`, and deletes the link: of two parallel requests, only one gets the user. Stores the link's
/// maker as the one who let the user in.
pub fn use_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Invited>> {
    Ok(db::prepared(format!(
        "WITH used AS (
            DELETE FROM access_links l USING users u WHERE u.id = l.user_id AND l.token_hash = $1 AND {IS_GOOD}
            RETURNING l.user_id, l.made_by)
         UPDATE users u SET let_in_by = used.made_by FROM used WHERE u.id = used.user_id
         RETURNING u.id, u.name, u.email, u.password_hash IS NULL AS is_new"
    ))
    .bind::<Binary, _>(token_hash)
    .get_result(conn)
    .optional()?)
}

/// Makes an invited user active, with the name that they typed.
pub fn accept(conn: &mut PgConnection, user: UserId, name: &str, password_hash: &str) -> Result<()> {
    db::prepared(
        "UPDATE users SET name = $2, password_hash = $3, deactivated_at = NULL, updated_at = now() WHERE id = $1",
    )
    .bind::<BigInt, _>(user)
    .bind::<Text, _>(name)
    .bind::<Text, _>(password_hash)
    .execute(conn)?;
    Ok(())
}

pub fn set_password(conn: &mut PgConnection, user: UserId, password_hash: &str) -> Result<()> {
    db::prepared("UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .bind::<Text, _>(password_hash)
        .execute(conn)?;
    Ok(())
}
