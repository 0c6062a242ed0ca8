//! SQL of the set-up.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

use super::form::ValidCompany;
use crate::audit::{self, Action};
use crate::error::Result;
use crate::ids::UserId;
use crate::users;

/// Saves the hash of the only valid link.
pub fn replace_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO setup_links (token_hash) VALUES ($1)
         ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, created_at = now()",
    )
    .bind::<Binary, _>(token_hash)
    .execute(conn)?;
    Ok(())
}

/// Whether a link can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Open,
    /// A later start of Pontual printed a newer link, or the link never existed.
    Unknown,
    /// There is a user already.
    Closed,
}

#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = Bool)]
    is_closed: bool,
    #[diesel(sql_type = Bool)]
    is_known: bool,
}

pub fn state(conn: &mut PgConnection, token_hash: &[u8]) -> Result<LinkState> {
    let row: StateRow = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM users) AS is_closed,
                EXISTS (SELECT FROM setup_links WHERE token_hash = $1) AS is_known",
    )
    .bind::<Binary, _>(token_hash)
    .get_result(conn)?;
    Ok(match row {
        StateRow { is_closed: true, .. } => LinkState::Closed,
        StateRow { is_known: true, .. } => LinkState::Open,
        StateRow { .. } => LinkState::Unknown,
    })
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Creates the company, within a transaction, and returns its administrator. Returns the link's state if it
/// cannot be used. If two people send the form at once, the second waits and then gets `Closed`.
pub fn set_up(
    conn: &mut PgConnection,
    token_hash: &[u8],
    valid: &ValidCompany,
    password_hash: &str,
    ip: &str,
) -> Result<Result<UserId, LinkState>> {
    diesel::sql_query("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").execute(conn)?;
    match state(conn, token_hash)? {
        LinkState::Open => {}
        closed => return Ok(Err(closed)),
    }
    diesel::sql_query("UPDATE settings SET company_name = $1, time_zone = $2, updated_at = now()")
        .bind::<Text, _>(&valid.company_name)
        .bind::<Text, _>(valid.zone.name())
        .execute(conn)?;
    let administrator = users::create_administrator(conn, &valid.administrator, password_hash)?;
    add_department(conn, valid, administrator)?;
    diesel::sql_query("DELETE FROM setup_links").execute(conn)?;
    audit::record(conn, &audit::Entry::of(Action::SetUp).by_user(administrator).from(ip))?;
    Ok(Ok(administrator))
}

fn add_department(conn: &mut PgConnection, valid: &ValidCompany, administrator: UserId) -> Result<()> {
    let department: IdRow =
        diesel::sql_query("INSERT INTO departments (name, position) VALUES ($1, 1) RETURNING id")
            .bind::<Text, _>(&valid.department)
            .get_result(conn)?;
    if valid.attends {
        diesel::sql_query("INSERT INTO department_members (department_id, user_id) VALUES ($1, $2)")
            .bind::<BigInt, _>(department.id)
            .bind::<BigInt, _>(administrator)
            .execute(conn)?;
    }
    diesel::sql_query(
        "INSERT INTO channels (kind, name, default_department_id) VALUES ('web_chat', 'Chat do site', $1)",
    )
    .bind::<BigInt, _>(department.id)
    .execute(conn)?;
    Ok(())
}
