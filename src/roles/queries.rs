//! SQL of roles: the list, one role, saving, and deleting.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::form::ValidRole;
use crate::auth::{Account, Permission, Permissions};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{RoleId, UserId};
use crate::schema::{role_permissions, roles, users};

db::row! {
    /// A role with its permissions and its number of active users.
    #[derive(Clone, Debug)]
    pub struct Role {
        pub id: RoleId,
        pub name: String,
        pub description: String,
        pub is_administrator: bool,
        pub created_at: DateTime<Utc>,
        granted: Vec<Permission>,
        pub members: i64,
    }
}

impl Role {
    /// Nobody may edit the administrator role or their own role.
    pub fn may_be_edited_by(&self, account: &Account) -> bool {
        !self.is_administrator && self.id != account.role_id
    }

    pub fn permissions(&self) -> Permissions {
        if self.is_administrator { Permissions::all() } else { self.granted.iter().copied().collect() }
    }
}

/// As SQL text: an array of a subquery, and a count.
const SELECT: &str = "SELECT r.id, r.name, r.description, r.is_administrator, r.created_at,
        ARRAY(SELECT permission FROM role_permissions p WHERE p.role_id = r.id) AS granted,
        (SELECT count(*) FROM users u WHERE u.role_id = r.id AND u.deactivated_at IS NULL) AS members
   FROM roles r";

/// All roles. The administrator role comes first.
pub fn all(conn: &mut PgConnection) -> Result<Vec<Role>> {
    Ok(db::prepared(format!("{SELECT} ORDER BY r.is_administrator DESC, lower(r.name)")).load(conn)?)
}

pub fn find(conn: &mut PgConnection, role: RoleId) -> Result<Role> {
    let query = db::prepared(format!("{SELECT} WHERE r.id = $1")).bind(role);
    query.get_result(conn).optional()?.ok_or(Error::NotFound)
}

/// Like [`find`], and locks the role until the end of the transaction.
pub fn find_for_update(conn: &mut PgConnection, role: RoleId) -> Result<Role> {
    roles::table.find(role).select(roles::id).for_no_key_update().execute(conn)?;
    find(conn, role)
}

db::row! {
    /// An active user who has the role.
    #[derive(Clone, Debug)]
    pub struct Member {
        pub id: UserId,
        pub name: String,
        pub departments: String,
    }
}

/// Maximum users that a role's page lists.
const MAX_USERS_LISTED: i64 = 20;

/// The first active users of a role, in order of name.
pub fn members(conn: &mut PgConnection, role: RoleId) -> Result<Vec<Member>> {
    // As SQL text: joins the names of departments.
    Ok(db::prepared(format!(
        "SELECT u.id, u.name, coalesce((SELECT string_agg(d.name, ', ' ORDER BY d.position)
                FROM department_members m JOIN departments d ON d.id = m.department_id
               WHERE m.user_id = u.id), '') AS departments
           FROM users u WHERE u.role_id = $1 AND u.deactivated_at IS NULL ORDER BY u.sort_name, u.id LIMIT {MAX_USERS_LISTED}"
    ))
    .bind(role)
    .load(conn)?)
}

/// The ids of all active users of a role.
pub fn member_ids(conn: &mut PgConnection, role: RoleId) -> Result<Vec<UserId>> {
    Ok(users::table
        .filter(users::role_id.eq(role).and(users::deactivated_at.is_null()))
        .select(users::id)
        .load(conn)?)
}

db::row! {
    /// A user who has the role, active or not.
    #[derive(Clone, Debug)]
    pub struct RoleUser {
        pub id: UserId,
        pub name: String,
        pub is_active: bool,
        /// Number of all users who have the role.
        pub count: i64,
    }
}

/// The first users who have the role, active or not, in order of name.
pub fn users_of(conn: &mut PgConnection, role: RoleId) -> Result<Vec<RoleUser>> {
    // As SQL text: counts all rows beside the first ones.
    Ok(db::prepared(format!(
        "SELECT id, name, deactivated_at IS NULL AS is_active, count(*) OVER () AS count
           FROM users WHERE role_id = $1 ORDER BY sort_name, id LIMIT {MAX_USERS_LISTED}"
    ))
    .bind(role)
    .load(conn)?)
}

/// Adds a role.
///
/// # Errors
/// Violates `roles_name_key` if another role has the name.
pub fn insert(conn: &mut PgConnection, valid: &ValidRole) -> Result<RoleId> {
    let id = diesel::insert_into(roles::table)
        .values((roles::name.eq(&valid.name), roles::description.eq(&valid.description)))
        .returning(roles::id)
        .get_result(conn)?;
    save_permissions(conn, id, valid)?;
    Ok(id)
}

/// Deletes a role with its permissions.
///
/// # Errors
/// Violates `users_role_id_fkey` if a user has the role.
pub fn delete(conn: &mut PgConnection, role: RoleId) -> Result<()> {
    diesel::delete(roles::table.find(role)).execute(conn)?;
    Ok(())
}

/// Writes a role and its permissions.
///
/// # Errors
/// Violates `roles_name_key` if another role has the name.
pub fn save(conn: &mut PgConnection, role: RoleId, valid: &ValidRole) -> Result<()> {
    diesel::update(roles::table.find(role))
        .set((
            roles::name.eq(&valid.name),
            roles::description.eq(&valid.description),
            roles::updated_at.eq(now),
        ))
        .execute(conn)?;
    save_permissions(conn, role, valid)
}

fn save_permissions(conn: &mut PgConnection, role: RoleId, valid: &ValidRole) -> Result<()> {
    let granted: Vec<Permission> = valid.permissions.iter().collect();
    let of_role = role_permissions::table.filter(role_permissions::role_id.eq(role));
    diesel::delete(of_role.filter(role_permissions::permission.ne_all(&granted))).execute(conn)?;
    let rows: Vec<_> = granted
        .into_iter()
        .map(|one| (role_permissions::role_id.eq(role), role_permissions::permission.eq(one)))
        .collect();
    diesel::insert_into(role_permissions::table).values(rows).on_conflict_do_nothing().execute(conn)?;
    Ok(())
}
