//! One-time links for choosing a password.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::db;
use crate::error::Result;
use crate::ids::UserId;
use crate::schema::{access_links, users};
use crate::users::LINK_HOURS;

/// Makes a link for the user, which replaces the older one.
pub fn replace_link(conn: &mut PgConnection, user: UserId, token_hash: &[u8], by: UserId) -> Result<()> {
    // As SQL text: the builder has no make_interval.
    db::prepared(
        "INSERT INTO access_links (user_id, token_hash, expires_at, made_by)
         VALUES ($1, $2, now() + make_interval(hours => $3), $4)
         ON CONFLICT (user_id) DO UPDATE
            SET token_hash = excluded.token_hash, made_at = now(), expires_at = excluded.expires_at,
                made_by = excluded.made_by",
    )
    .bind(user)
    .bind(token_hash)
    .bind(LINK_HOURS)
    .bind(by)
    .execute(conn)?;
    Ok(())
}

/// Deletes the user's link. `false` if there is none.
pub fn revoke_link(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(diesel::delete(access_links::table.find(user)).execute(conn)? > 0)
}

db::row! {
    /// The user whom a link is for.
    #[derive(Clone, Debug)]
    pub struct Invited {
        pub id: UserId,
        pub name: String,
        pub email: String,
        /// Whether the link is an invitation. Otherwise it resets a password.
        pub is_new: bool,
    }
}

/// SQL condition: the link `l` of the user `u` is valid.
const IS_GOOD: &str = "l.expires_at > now() AND (u.password_hash IS NULL OR u.deactivated_at IS NULL)";

/// The user whom a valid link is for. `None` if the link is unknown, used or expired.
pub fn find_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Invited>> {
    // As SQL text: shares its condition with `use_link`.
    Ok(db::prepared(format!(
        "SELECT u.id, u.name, u.email, u.password_hash IS NULL AS is_new
           FROM access_links l JOIN users u ON u.id = l.user_id WHERE l.token_hash = $1 AND {IS_GOOD}"
    ))
    .bind(token_hash)
    .get_result(conn)
    .optional()?)
}

/// As `find_link`, and deletes the link: of two parallel requests, only one gets the user. Stores the link's
/// maker as the one who let the user in.
pub fn use_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Invited>> {
    // As SQL text: one statement deletes the link and changes the user.
    Ok(db::prepared(format!(
        "WITH used AS (
            DELETE FROM access_links l USING users u WHERE u.id = l.user_id AND l.token_hash = $1 AND {IS_GOOD}
            RETURNING l.user_id, l.made_by)
         UPDATE users u SET let_in_by = used.made_by FROM used WHERE u.id = used.user_id
         RETURNING u.id, u.name, u.email, u.password_hash IS NULL AS is_new"
    ))
    .bind(token_hash)
    .get_result(conn)
    .optional()?)
}

/// Makes an invited user active, with the name that they typed.
pub fn accept(conn: &mut PgConnection, user: UserId, name: &str, password_hash: &str) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((
            users::name.eq(name),
            users::password_hash.eq(password_hash),
            users::deactivated_at.eq(None::<DateTime<Utc>>),
            users::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn set_password(conn: &mut PgConnection, user: UserId, password_hash: &str) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((users::password_hash.eq(password_hash), users::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}
