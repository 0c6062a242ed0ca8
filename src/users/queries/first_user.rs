//! The first user of an installation.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::error::Result;
use crate::ids::{RoleId, UserId};
use crate::schema::{roles, users};
use crate::users::NewAccount;

/// Whether there are any users, active or not.
pub fn any_exist(conn: &mut PgConnection) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(conn)?)
}

/// Whether there is a user with this id.
pub fn exists(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(users::table.find(user))).get_result(conn)?)
}

/// Adds a user with the administrator role.
///
/// # Errors
/// Violates `users_email_key` if the address is taken.
pub fn insert_administrator(
    conn: &mut PgConnection,
    account: &NewAccount,
    password_hash: &str,
) -> Result<UserId> {
    let role: RoleId = roles::table.filter(roles::is_administrator).select(roles::id).first(conn)?;
    Ok(diesel::insert_into(users::table)
        .values((
            users::name.eq(account.name()),
            users::email.eq(account.email()),
            users::password_hash.eq(password_hash),
            users::role_id.eq(role),
        ))
        .returning(users::id)
        .get_result(conn)?)
}
