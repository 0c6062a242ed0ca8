//! SQL of sign-in: users, sessions, throttling.
//!
//! SQL text stays where one statement reads the session, the account and the page's frame together, and where an
//! INSERT decides itself (`SELECT … WHERE EXISTS`, `CASE` in ON CONFLICT).

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Untyped;
use serde_json::Value;
use uuid::Uuid;

use super::sessions::{IDLE_HOURS, LONGEST_DAYS, REPLACED_KEY, REPLACED_SECONDS};
use super::{Account, Companion, Permission, Permissions};
use crate::clock::Zone;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, RoleId, UserId};
use crate::schema::{sessions, sign_in_attempts, users};
use crate::theme::Theme;

db::row! {
    struct AccountRow {
        id: UserId,
        name: String,
        role_id: RoleId,
        role_name: String,
        is_administrator: bool,
        permissions: Vec<Permission>,
        departments: Vec<DepartmentId>,
        time_zone: String,
        plays_sound: bool,
        shows_browser_notices: bool,
        theme: Theme,
    }
}

/// The columns of `AccountRow`, over `account_tables`.
const ACCOUNT: &str = "u.id, u.name, u.role_id, r.name AS role_name, r.is_administrator, s.time_zone,
    u.plays_sound, u.shows_browser_notices, u.theme, can.permissions, of.departments";

/// The tables that an account is read from, in SQL: the user `u`, their role `r`, its permissions
/// `can.permissions`, their departments `of.departments`, and the company's settings `s`.
pub fn account_tables() -> &'static str {
    "users u JOIN roles r ON r.id = u.role_id CROSS JOIN settings s
          CROSS JOIN LATERAL (SELECT ARRAY(SELECT permission FROM role_permissions p
                                            WHERE p.role_id = r.id) AS permissions) can
          CROSS JOIN LATERAL (SELECT ARRAY(SELECT department_id FROM department_members m
                                            WHERE m.user_id = u.id) AS departments) of"
}

/// Whether the account of `account_tables` has a permission, in SQL.
pub fn has_permission(permission: Permission) -> String {
    format!("(r.is_administrator OR '{}' = ANY(can.permissions))", permission.as_str())
}

/// The account of the active user with this id.
pub fn account(conn: &mut PgConnection, user: UserId) -> Result<Option<Account>> {
    let tables = account_tables();
    let query = format!("SELECT {ACCOUNT} FROM {tables} WHERE u.id = $1 AND u.deactivated_at IS NULL");
    let row: Option<AccountRow> = db::prepared(query).bind(user).get_result(conn).optional()?;
    Ok(row.map(Account::from))
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role_id: row.role_id,
            role_name: row.role_name,
            is_administrator: row.is_administrator,
            permissions: match row.is_administrator {
                true => Permissions::all(),
                false => row.permissions.into_iter().collect(),
            },
            departments: row.departments,
            zone: Zone::named(&row.time_zone),
            plays_sound: row.plays_sound,
            shows_browser_notices: row.shows_browser_notices,
            theme: row.theme,
            ip: String::new(),
        }
    }
}

/// The id and password hash of the active user with this e-mail address, which must be in lower case. An
/// active user always has a password (`users_active_has_password`).
pub fn credentials(conn: &mut PgConnection, email: &str) -> Result<Option<(UserId, String)>> {
    Ok(users::table
        .filter(users::email.eq(email).and(users::deactivated_at.is_null()))
        .select((users::id, users::password_hash.assume_not_null()))
        .first(conn)
        .optional()?)
}

db::row! {
    struct StateRow {
        state: Value,
        is_stale: bool,
        is_replaced: bool,
    }
}

/// SQL condition: the session `x` has the token hash $1 and has not ended.
const IS_OPEN: &str = "x.token_hash = $1 AND x.seen_at > now() - make_interval(hours => $2)
            AND x.created_at > now() - make_interval(days => $3) AND (x.ends_at IS NULL OR x.ends_at > now())";
/// SQL columns: the state of the session `x`, whether its last use was saved over a minute ago, and whether a new
/// token has taken its place.
const STATE_COLUMNS: &str =
    "x.state, x.seen_at < now() - interval '1 minute' AS is_stale, x.ends_at IS NOT NULL AS is_replaced";

/// The statement that reads a session, its account and a companion.
pub fn with_account<C: Companion>() -> String {
    let (columns, tables) = (C::columns(), account_tables());
    format!(
        "SELECT {STATE_COLUMNS}, {ACCOUNT}, {columns} FROM {tables} JOIN sessions x ON x.user_id = u.id
          WHERE {IS_OPEN} AND u.deactivated_at IS NULL"
    )
}

#[derive(QueryableByName)]
struct WithAccountRow<C> {
    #[diesel(embed)]
    session: StateRow,
    #[diesel(embed)]
    account: AccountRow,
    #[diesel(embed)]
    companion: C,
}

impl<C: Companion> db::Row for WithAccountRow<C> {
    type Sql = Untyped;
}

/// The state of an open session. Updates its last use, at most once a minute.
pub fn session_state(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Value>> {
    let query = db::prepared(format!("SELECT {STATE_COLUMNS} FROM sessions x WHERE {IS_OPEN}"));
    let row: Option<StateRow> = bind_token(query, token_hash).get_result(conn).optional()?;
    row.map(|row| row.record_use(conn, token_hash)).transpose()
}

/// The same with the active user who owns the session, by the statement `with_account::<C>()`; `None` also if the
/// session belongs to nobody.
pub fn session_with_account<C: Companion>(
    conn: &mut PgConnection,
    statement: &str,
    token_hash: &[u8],
) -> Result<Option<(Value, Account, C)>> {
    let query = bind_token(db::prepared(statement), token_hash);
    let row: Option<WithAccountRow<C>> = query.get_result(conn).optional()?;
    row.map(|row| Ok((row.session.record_use(conn, token_hash)?, row.account.into(), row.companion)))
        .transpose()
}

fn bind_token<'a>(query: db::Prepared<'a>, token_hash: &'a [u8]) -> db::Prepared<'a> {
    query.bind(token_hash).bind(IDLE_HOURS).bind(LONGEST_DAYS)
}

impl StateRow {
    fn record_use(mut self, conn: &mut PgConnection, token_hash: &[u8]) -> Result<Value> {
        if self.is_replaced {
            self.state[REPLACED_KEY] = "true".into();
        }
        if self.is_stale {
            diesel::update(sessions::table.find(token_hash)).set(sessions::seen_at.eq(now)).execute(conn)?;
        }
        Ok(self.state)
    }
}

/// The session's user, and where they signed in.
#[derive(Clone, Debug)]
pub struct Origin {
    pub user: Option<i64>,
    pub id: Uuid,
    pub user_agent: String,
    pub ip: String,
    /// When the user signed in, if that was under an earlier token.
    pub began_at: Option<DateTime<Utc>>,
}

/// Saves a session, unless its user was deactivated meanwhile. `retention` deletes expired sessions.
pub fn save_session(
    conn: &mut PgConnection,
    token_hash: &[u8],
    origin: &Origin,
    state: &Value,
) -> Result<()> {
    db::prepared(
        "INSERT INTO sessions (token_hash, user_id, state, id, user_agent, ip, created_at)
         SELECT $1, $2, $3, $4, $5, $6, coalesce($7, now()) WHERE $2::bigint IS NULL
             OR EXISTS (SELECT FROM users WHERE id = $2 AND deactivated_at IS NULL FOR SHARE)
         ON CONFLICT (token_hash) DO UPDATE SET user_id = $2, state = $3, seen_at = now()",
    )
    .bind(token_hash)
    .bind(origin.user)
    .bind(state)
    .bind(origin.id)
    .bind(&origin.user_agent)
    .bind(&origin.ip)
    .bind(origin.began_at)
    .execute(conn)?;
    Ok(())
}

/// Ends the session `id` after `REPLACED_SECONDS`, because a new token takes over its id. Requests that the
/// browser has already sent with the old token are still answered.
///
/// Returns when the session began, or `None` if another request replaced it first: its state then no longer
/// holds `rights`.
pub fn replace_session(conn: &mut PgConnection, id: Uuid, rights: &str) -> Result<Option<DateTime<Utc>>> {
    let began_at = db::prepared(
        "UPDATE sessions SET ends_at = now() + make_interval(secs => $2), id = gen_random_uuid()
          WHERE id = $1 AND state->>'rights' = $3 RETURNING created_at",
    )
    .bind(id)
    .bind(REPLACED_SECONDS)
    .bind(rights)
    .get_result(conn)
    .optional()?;
    Ok(began_at)
}

pub fn end_session(conn: &mut PgConnection, token_hash: &[u8]) -> Result<()> {
    diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    Ok(())
}

/// Counts an attempt under `key`. Call it before checking the password, so that parallel attempts cannot pass
/// the limit. Returns the number of attempts in the window of `minutes`, and the seconds until the window
/// ends.
pub fn count_attempt(conn: &mut PgConnection, key: &str, minutes: i32) -> Result<(i32, i64)> {
    let counted = db::prepared(
        "INSERT INTO sign_in_attempts AS a (key, failures) VALUES ($1, 1)
         ON CONFLICT (key) DO UPDATE SET
            failures = CASE WHEN a.window_started_at > now() - make_interval(mins => $2)
                            THEN a.failures + 1 ELSE 1 END,
            window_started_at = CASE WHEN a.window_started_at > now() - make_interval(mins => $2)
                            THEN a.window_started_at ELSE now() END
         -- A statement that waited for a lock has a now() before the window's start: limit the result.
         RETURNING failures, least(60 * $2, ceil(extract(epoch FROM
            window_started_at + make_interval(mins => $2) - now())))::bigint AS seconds_left",
    )
    .bind(key)
    .bind(minutes)
    .get_result(conn)?;
    Ok(counted)
}

/// After a successful sign-in: deletes the counts `own`, and subtracts this attempt from the counts `shared`.
/// `retention` deletes old counts.
pub fn forgive_attempts(conn: &mut PgConnection, own: &[String], shared: &[String]) -> Result<()> {
    diesel::delete(sign_in_attempts::table.filter(sign_in_attempts::key.eq_any(own))).execute(conn)?;
    // Locks the rows in the order of their keys, so that two sign-ins at once cannot deadlock.
    db::prepared(
        "UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0)
          WHERE key IN (SELECT key FROM sign_in_attempts WHERE key = ANY($1) ORDER BY key FOR UPDATE)",
    )
    .bind(shared)
    .execute(conn)?;
    Ok(())
}
