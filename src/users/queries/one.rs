//! One user, and what its form offers.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};

use crate::auth::{Permission, Permissions, Person};
use crate::conversations::readers::{ATTENDS, TELLS};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, RoleId, UserId};
use crate::text_enum;
use crate::users::form::{Draft, Facts};
use crate::users::reach::{Rank, Reach};

text_enum! {
    /// "Situação" of an account.
    pub enum Standing {
        Active = "active",
        /// Has a link to take up, and no password yet.
        Invited = "invited",
        Inactive = "inactive",
    }
}

/// The standing, in SQL, of the user `u` whose link is `l`.
pub const STANDING: &str = "(CASE WHEN u.deactivated_at IS NULL THEN 'active'
    WHEN u.password_hash IS NULL AND l.user_id IS NOT NULL THEN 'invited' ELSE 'inactive' END)";

/// The name of the user `u` where one is chosen, in SQL: with the e-mail address if somebody else has that name.
pub const NAME_IN_A_CHOICE: &str = "(u.name || CASE WHEN EXISTS (
    SELECT FROM users o WHERE o.sort_name = u.sort_name AND o.id <> u.id) THEN ', ' || u.email ELSE '' END)";

/// Why the user `u` cannot sign in, in the words of a choice, in SQL; nothing for who can.
pub const ABSENCE: &str = "(CASE WHEN u.deactivated_at IS NULL THEN ''
    WHEN u.password_hash IS NULL AND EXISTS (SELECT FROM access_links l WHERE l.user_id = u.id) THEN 'convidado'
    ELSE 'desativado' END)";

/// A user with what its page shows.
#[derive(Clone, Debug, QueryableByName)]
pub struct User {
    #[diesel(sql_type = BigInt)]
    pub id: UserId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = BigInt)]
    pub role_id: RoleId,
    #[diesel(sql_type = Bool)]
    is_administrator: bool,
    #[diesel(sql_type = Array<Text>)]
    granted: Vec<Permission>,
    #[diesel(sql_type = Text)]
    pub standing: Standing,
    #[diesel(sql_type = Bool)]
    pub has_password: bool,
    /// The end of the link that waits to be used.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub link_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Array<BigInt>)]
    pub departments: Vec<DepartmentId>,
}

impl User {
    pub fn rank(&self) -> Rank {
        rank(self.is_administrator, &self.granted)
    }
}

/// A role that a form may offer.
#[derive(Clone, Debug, QueryableByName)]
pub struct Role {
    #[diesel(sql_type = BigInt)]
    pub id: RoleId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    is_administrator: bool,
    #[diesel(sql_type = Array<Text>)]
    granted: Vec<Permission>,
}

impl Role {
    pub fn rank(&self) -> Rank {
        rank(self.is_administrator, &self.granted)
    }
}

const GRANTED: &str = "ARRAY(SELECT permission FROM role_permissions p WHERE p.role_id = r.id) AS granted";

fn rank(is_administrator: bool, granted: &[Permission]) -> Rank {
    let permissions = if is_administrator { Permissions::all() } else { granted.iter().copied().collect() };
    Rank { is_administrator, permissions }
}

/// # Errors
/// `NotFound`, or the database is unreachable.
pub fn find(conn: &mut PgConnection, user: UserId) -> Result<User> {
    db::prepared(format!(
        "SELECT u.id, u.name, u.email, u.role_id, r.is_administrator, u.created_at,
                {GRANTED}, {STANDING} AS standing,
                u.password_hash IS NOT NULL AS has_password, l.expires_at AS link_until,
                ARRAY(SELECT department_id FROM department_members m WHERE m.user_id = u.id) AS departments
           FROM users u JOIN roles r ON r.id = u.role_id LEFT JOIN access_links l ON l.user_id = u.id
          WHERE u.id = $1"
    ))
    .bind::<BigInt, _>(user)
    .get_result(conn)
    .optional()?
    .ok_or(Error::NotFound)
}

/// # Errors
/// `NotFound`, or the database is unreachable.
pub fn name_of(conn: &mut PgConnection, user: UserId) -> Result<String> {
    find(conn, user).map(|user| user.name)
}

/// Nobody else changes the user until the transaction ends.
pub fn lock(conn: &mut PgConnection, user: UserId) -> Result<()> {
    db::prepared("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind::<BigInt, _>(user)
        .execute(conn)?;
    Ok(())
}

/// Every role, the administrator's first.
pub fn roles(conn: &mut PgConnection) -> Result<Vec<Role>> {
    Ok(db::prepared(format!(
        "SELECT r.id, r.name, r.is_administrator, {GRANTED}
           FROM roles r ORDER BY r.is_administrator DESC, plain(r.name) COLLATE \"C\", r.id"
    ))
    .load(conn)?)
}

/// A department that a form may offer.
#[derive(Clone, Debug, QueryableByName)]
pub struct Department {
    #[diesel(sql_type = BigInt)]
    pub id: DepartmentId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// The active departments, in the company's order.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Department>> {
    Ok(db::prepared("SELECT id, name FROM departments WHERE deactivated_at IS NULL ORDER BY position, id")
        .load(conn)?)
}

/// What the form of `editor` is judged by.
pub fn facts(conn: &mut PgConnection, editor: &Person, before: Option<User>) -> Result<Facts> {
    let reads_all = editor.may(Permission::TicketsAll);
    let may_take_over = before.as_ref().map(|user| may_take_over(conn, editor, user)).transpose()?;
    // With the link to an invitation the editor could come in themself.
    let is_ones_own = match &before {
        Some(user) => user.id == editor.id || was_let_in_by(conn, user.id, editor.id)?,
        None => true,
    };
    Ok(Facts {
        roles: roles(conn)?,
        departments: departments(conn)?,
        before,
        may_take_over: may_take_over.unwrap_or(true),
        only_into: (is_ones_own && !reads_all).then(|| editor.departments.clone()),
    })
}

/// Whether `editor` holds all that the account of `user` does: its permissions, and sight of the conversations
/// that it reads.
pub fn may_take_over(conn: &mut PgConnection, editor: &Person, user: &User) -> Result<bool> {
    let gives = editor.id == user.id || Reach::of(editor).gives(user.rank());
    Ok(gives && (editor.may(Permission::TicketsAll) || !reads_beyond(conn, user.id, editor)?))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Whether `user` reads conversations that `editor`, who does not read all of them, could not: of departments that
/// are not the editor's, of tickets of their own there, and of what they were told of.
fn reads_beyond(conn: &mut PgConnection, user: UserId, editor: &Person) -> Result<bool> {
    let row: Found = diesel::sql_query(format!(
        "SELECT ({ATTENDS} AND (
                    EXISTS (SELECT FROM department_members m WHERE m.user_id = u.id AND m.department_id <> ALL($2))
                 OR EXISTS (SELECT FROM tickets t WHERE t.attendant_id = u.id AND t.department_id <> ALL($2))))
                OR EXISTS (SELECT FROM notifications told WHERE told.user_id = u.id AND {TELLS}) AS is_found
           FROM users u JOIN roles r ON r.id = u.role_id WHERE u.id = $1"
    ))
    .bind::<BigInt, _>(user)
    .bind::<Array<BigInt>, _>(&editor.departments)
    .get_result(conn)?;
    Ok(row.is_found)
}

/// Whether `editor` let `user` in: made the link by which their password was chosen, or one that waits.
pub fn was_let_in_by(conn: &mut PgConnection, user: UserId, editor: UserId) -> Result<bool> {
    let row: Found = db::prepared(
        "SELECT EXISTS (SELECT FROM users WHERE id = $1 AND let_in_by = $2)
             OR EXISTS (SELECT FROM access_links WHERE user_id = $1 AND made_by = $2) AS is_found",
    )
    .bind::<BigInt, _>(user)
    .bind::<BigInt, _>(editor)
    .get_result(conn)?;
    Ok(row.is_found)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: UserId,
}

/// Adds a user who has no password yet, and so is not active.
///
/// # Errors
/// `users_email_key` when the address is taken; or the database is unreachable.
pub fn insert(conn: &mut PgConnection, draft: &Draft) -> Result<UserId> {
    let row: IdRow = db::prepared(
        "INSERT INTO users (name, email, role_id, deactivated_at) VALUES ($1, $2, $3, now()) RETURNING id",
    )
    .bind::<Text, _>(draft.name.as_str())
    .bind::<Text, _>(draft.email.as_str())
    .bind::<BigInt, _>(draft.role)
    .get_result(conn)?;
    Ok(row.id)
}

/// # Errors
/// `users_email_key` when the address is taken; `last_administrator`; or the database is unreachable.
pub fn update(conn: &mut PgConnection, user: UserId, draft: &Draft) -> Result<()> {
    db::prepared("UPDATE users SET name = $2, email = $3, role_id = $4, updated_at = now() WHERE id = $1")
        .bind::<BigInt, _>(user)
        .bind::<Text, _>(draft.name.as_str())
        .bind::<Text, _>(draft.email.as_str())
        .bind::<BigInt, _>(draft.role)
        .execute(conn)?;
    Ok(())
}

/// Makes the user a member of just these among the active departments.
pub fn set_departments(conn: &mut PgConnection, user: UserId, departments: &[DepartmentId]) -> Result<()> {
    db::prepared(
        "DELETE FROM department_members m USING departments d
          WHERE d.id = m.department_id AND d.deactivated_at IS NULL
            AND m.user_id = $1 AND m.department_id <> ALL($2)",
    )
    .bind::<BigInt, _>(user)
    .bind::<Array<BigInt>, _>(departments)
    .execute(conn)?;
    db::prepared(
        "INSERT INTO department_members (department_id, user_id) SELECT unnest($2), $1 ON CONFLICT DO NOTHING",
    )
    .bind::<BigInt, _>(user)
    .bind::<Array<BigInt>, _>(departments)
    .execute(conn)?;
    Ok(())
}
