//! Creates the company of an empty installation.

use diesel::pg::PgConnection;

use super::form::ValidCompany;
use super::queries::{self, LinkState};
use crate::audit::{self, Action};
use crate::error::Result;
use crate::ids::UserId;
use crate::users;

/// Creates the company, within a transaction, and returns its administrator. Returns the link's state if it
/// cannot be used. If two people send the form at once, the second waits and then gets `Closed`.
pub fn set_up(
    conn: &mut PgConnection,
    token_hash: &[u8],
    valid: &ValidCompany,
    password_hash: &str,
    ip: &str,
) -> Result<Result<UserId, LinkState>> {
    queries::lock_users(conn)?;
    match queries::link_state(conn, token_hash)? {
        LinkState::Open => {}
        closed => return Ok(Err(closed)),
    }
    queries::name_company(conn, valid)?;
    let administrator = users::create_administrator(conn, &valid.administrator, password_hash)?;
    let department = queries::insert_department(conn, &valid.department)?;
    if valid.attends {
        queries::add_member(conn, department, administrator)?;
    }
    queries::insert_web_chat(conn, department)?;
    queries::delete_link(conn)?;
    audit::record(conn, &audit::Entry::of(Action::SetUp).by_user(administrator).from(ip))?;
    Ok(Ok(administrator))
}
