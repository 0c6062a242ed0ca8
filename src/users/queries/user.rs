//! One user, and the choices in their form.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, now};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::auth::{Account, Permission, Permissions};
use crate::conversations::readers::{ATTENDS, NOTIFICATION_GRANTS_ACCESS};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, RoleId, UserId};
use crate::schema::{access_links, department_members, departments, users};
use crate::text_enum;
use crate::users::editor_rights::{EditorRights, RoleRights};
use crate::users::form::{FormContext, ValidUser};

text_enum! {
    /// The state of an account ("Situação").
    pub enum Standing {
        Active = "active",
        /// Has a link and no password yet.
        Invited = "invited",
        Inactive = "inactive",
    }
}

/// SQL: the standing of the user `u` with the link `l`.
pub const STANDING: &str = "(CASE WHEN u.deactivated_at IS NULL THEN 'active'
    WHEN u.password_hash IS NULL AND l.user_id IS NOT NULL THEN 'invited' ELSE 'inactive' END)";

/// SQL: the label of the user `u` in a list of choices: the name, and the e-mail address if another user has
/// the same name.
pub const CHOICE_LABEL: &str = "(u.name || CASE WHEN EXISTS (
    SELECT FROM users o WHERE o.sort_name = u.sort_name AND o.id <> u.id) THEN ', ' || u.email ELSE '' END)";

/// SQL: why the user `u` cannot sign in, as a label in Portuguese. Empty for active users.
pub const INACTIVE_LABEL: &str = "(CASE WHEN u.deactivated_at IS NULL THEN ''
    WHEN u.password_hash IS NULL AND EXISTS (SELECT FROM access_links l WHERE l.user_id = u.id) THEN 'convidado'
    ELSE 'desativado' END)";

db::row! {
    /// A user, with the data of their page.
    #[derive(Clone, Debug)]
    pub struct User {
        pub id: UserId,
        pub name: String,
        pub email: String,
        pub role_id: RoleId,
        is_administrator: bool,
        granted: Vec<Permission>,
        pub standing: Standing,
        pub has_password: bool,
        /// When the user's unused link expires. May be in the past.
        pub link_until: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub departments: Vec<DepartmentId>,
    }
}

impl User {
    pub fn role_rights(&self) -> RoleRights {
        role_rights(self.is_administrator, &self.granted)
    }
}

db::row! {
    /// A role in the form's list of choices.
    #[derive(Clone, Debug)]
    pub struct Role {
        pub id: RoleId,
        pub name: String,
        is_administrator: bool,
        granted: Vec<Permission>,
    }
}

impl Role {
    pub fn role_rights(&self) -> RoleRights {
        role_rights(self.is_administrator, &self.granted)
    }
}

const GRANTED: &str = "ARRAY(SELECT permission FROM role_permissions p WHERE p.role_id = r.id) AS granted";

fn role_rights(is_administrator: bool, granted: &[Permission]) -> RoleRights {
    let permissions = if is_administrator { Permissions::all() } else { granted.iter().copied().collect() };
    RoleRights { is_administrator, permissions }
}

/// The user with this id.
///
/// # Errors
/// `NotFound`.
pub fn find(conn: &mut PgConnection, user: UserId) -> Result<User> {
    // As SQL text: arrays of subqueries, and the standing that other statements share.
    db::prepared(format!(
        "SELECT u.id, u.name, u.email, u.role_id, r.is_administrator, u.created_at,
                {GRANTED}, {STANDING} AS standing,
                u.password_hash IS NOT NULL AS has_password, l.expires_at AS link_until,
                ARRAY(SELECT department_id FROM department_members m WHERE m.user_id = u.id) AS departments
           FROM users u JOIN roles r ON r.id = u.role_id LEFT JOIN access_links l ON l.user_id = u.id
          WHERE u.id = $1"
    ))
    .bind(user)
    .get_result(conn)
    .optional()?
    .ok_or(Error::NotFound)
}

/// The name of the user with this id.
///
/// # Errors
/// `NotFound`.
pub fn name_of(conn: &mut PgConnection, user: UserId) -> Result<String> {
    find(conn, user).map(|user| user.name)
}

/// Locks the user against changes until the transaction ends.
pub fn lock(conn: &mut PgConnection, user: UserId) -> Result<()> {
    users::table.find(user).select(users::id).for_no_key_update().execute(conn)?;
    Ok(())
}

/// All roles, the administrator's first.
pub fn roles(conn: &mut PgConnection) -> Result<Vec<Role>> {
    // As SQL text: an array of a subquery, and the order of names without accents.
    Ok(db::prepared(format!(
        "SELECT r.id, r.name, r.is_administrator, {GRANTED}
           FROM roles r ORDER BY r.is_administrator DESC, plain(r.name) COLLATE \"C\", r.id"
    ))
    .load(conn)?)
}

/// A department in the form's list of choices.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
}

/// The active departments, in the company's order.
pub fn departments(conn: &mut PgConnection) -> Result<Vec<Department>> {
    Ok(departments::table
        .filter(departments::deactivated_at.is_null())
        .order((departments::position, departments::id))
        .select(Department::as_select())
        .load(conn)?)
}

/// The data that a form of `editor` is checked against.
pub fn form_context(conn: &mut PgConnection, editor: &Account, before: Option<User>) -> Result<FormContext> {
    let reads_all = editor.may(Permission::TicketsAll);
    let may_take_over = before.as_ref().map(|user| may_take_over(conn, editor, user)).transpose()?;
    // The editor can see the invitation link, and so could use it.
    let is_ones_own = match &before {
        Some(user) => user.id == editor.id || was_invited_by(conn, user.id, editor.id)?,
        None => true,
    };
    Ok(FormContext {
        roles: roles(conn)?,
        departments: departments(conn)?,
        before,
        may_take_over: may_take_over.unwrap_or(true),
        allowed_departments: (is_ones_own && !reads_all).then(|| editor.departments.clone()),
    })
}

/// Whether `editor` has every permission of `user` and reads every conversation that `user` reads.
pub fn may_take_over(conn: &mut PgConnection, editor: &Account, user: &User) -> Result<bool> {
    let can_grant = editor.id == user.id || EditorRights::of(editor).can_grant(user.role_rights());
    Ok(can_grant && (editor.may(Permission::TicketsAll) || !reads_beyond(conn, user.id, editor)?))
}

/// Whether `user` reads conversations that `editor`, who does not read all of them, does not: those of other
/// departments, of the user's own tickets there, and those that a notification lets them read.
fn reads_beyond(conn: &mut PgConnection, user: UserId, editor: &Account) -> Result<bool> {
    // As SQL text: it shares its conditions with the statements that decide who reads a conversation.
    Ok(db::replanned(format!(
        "SELECT ({ATTENDS} AND (
                    EXISTS (SELECT FROM department_members m WHERE m.user_id = u.id AND m.department_id <> ALL($2))
                 OR EXISTS (SELECT FROM tickets t WHERE t.attendant_id = u.id AND t.department_id <> ALL($2))))
                OR EXISTS (SELECT FROM notifications notice WHERE notice.user_id = u.id AND {NOTIFICATION_GRANTS_ACCESS})
           FROM users u JOIN roles r ON r.id = u.role_id WHERE u.id = $1"
    ))
    .bind(user)
    .bind(&editor.departments)
    .get_result(conn)?)
}

/// Whether `editor` let `user` in: `editor` made the link with which the user chose their password, or their
/// unused link.
pub fn was_invited_by(conn: &mut PgConnection, user: UserId, editor: UserId) -> Result<bool> {
    let by_used_link = users::table.filter(users::id.eq(user).and(users::let_in_by.eq(editor)));
    let by_unused_link =
        access_links::table.filter(access_links::user_id.eq(user).and(access_links::made_by.eq(editor)));
    Ok(diesel::select(exists(by_used_link).or(exists(by_unused_link))).get_result(conn)?)
}

/// Adds a user without a password, who is not active yet.
///
/// # Errors
/// Violates `users_email_key` if the address is taken.
pub fn insert(conn: &mut PgConnection, valid: &ValidUser) -> Result<UserId> {
    Ok(diesel::insert_into(users::table)
        .values((
            users::name.eq(valid.name.as_str()),
            users::email.eq(valid.email.as_str()),
            users::role_id.eq(valid.role),
            users::deactivated_at.eq(now),
        ))
        .returning(users::id)
        .get_result(conn)?)
}

/// # Errors
/// Violates `users_email_key` if the address is taken, `last_administrator` if the last one would lose the
/// role.
pub fn update(conn: &mut PgConnection, user: UserId, valid: &ValidUser) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((
            users::name.eq(valid.name.as_str()),
            users::email.eq(valid.email.as_str()),
            users::role_id.eq(valid.role),
            users::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Sets which active departments the user belongs to. Memberships of inactive ones do not change.
pub fn set_departments(conn: &mut PgConnection, user: UserId, departments: &[DepartmentId]) -> Result<()> {
    let active = departments::table.filter(departments::deactivated_at.is_null()).select(departments::id);
    let of_user = department_members::table.filter(department_members::user_id.eq(user));
    diesel::delete(
        of_user
            .filter(department_members::department_id.eq_any(active))
            .filter(department_members::department_id.ne_all(departments)),
    )
    .execute(conn)?;
    let rows: Vec<_> = departments
        .iter()
        .map(|id| (department_members::department_id.eq(*id), department_members::user_id.eq(user)))
        .collect();
    diesel::insert_into(department_members::table).values(rows).on_conflict_do_nothing().execute(conn)?;
    Ok(())
}

/// # Errors
/// Violates `last_administrator` for the last active administrator.
pub fn deactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((users::deactivated_at.eq(now), users::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// # Errors
/// Violates `users_active_has_password` if the user has never chosen a password.
pub fn reactivate(conn: &mut PgConnection, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((users::deactivated_at.eq(None::<DateTime<Utc>>), users::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}
