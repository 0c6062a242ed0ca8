//! SQL of the set-up: its link, and the first company with its administrator.

use diesel::connection::SimpleConnection;
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::form::ValidCompany;
use crate::db;
use crate::error::Result;
use crate::ids::{DepartmentId, UserId};
use crate::schema::{channels, department_members, departments, settings, setup_links};

/// Saves the hash of the only valid link.
pub fn replace_link(conn: &mut PgConnection, token_hash: &[u8]) -> Result<()> {
    diesel::insert_into(setup_links::table)
        .values(setup_links::token_hash.eq(token_hash))
        .on_conflict(setup_links::id)
        .do_update()
        .set((setup_links::token_hash.eq(excluded(setup_links::token_hash)), setup_links::created_at.eq(now)))
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

pub fn link_state(conn: &mut PgConnection, token_hash: &[u8]) -> Result<LinkState> {
    // As SQL text: two answers in one statement.
    let (is_closed, is_known) = db::prepared(
        "SELECT EXISTS (SELECT FROM users), EXISTS (SELECT FROM setup_links WHERE token_hash = $1)",
    )
    .bind(token_hash)
    .get_result(conn)?;
    Ok(match (is_closed, is_known) {
        (true, _) => LinkState::Closed,
        (false, true) => LinkState::Open,
        (false, false) => LinkState::Unknown,
    })
}

/// Blocks everybody else who would add a user, until the transaction ends.
pub fn lock_users(conn: &mut PgConnection) -> Result<()> {
    // A batch: `LOCK` cannot be prepared.
    conn.batch_execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")?;
    Ok(())
}

pub fn name_company(conn: &mut PgConnection, valid: &ValidCompany) -> Result<()> {
    diesel::update(settings::table)
        .set((
            settings::company_name.eq(&valid.company_name),
            settings::time_zone.eq(valid.zone.name()),
            settings::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Adds the first department.
pub fn insert_department(conn: &mut PgConnection, name: &str) -> Result<DepartmentId> {
    Ok(diesel::insert_into(departments::table)
        .values((departments::name.eq(name), departments::position.eq(1)))
        .returning(departments::id)
        .get_result(conn)?)
}

pub fn add_member(conn: &mut PgConnection, department: DepartmentId, user: UserId) -> Result<()> {
    diesel::insert_into(department_members::table)
        .values((department_members::department_id.eq(department), department_members::user_id.eq(user)))
        .execute(conn)?;
    Ok(())
}

/// Adds the web chat, whose first messages wait in the department.
pub fn insert_web_chat(conn: &mut PgConnection, department: DepartmentId) -> Result<()> {
    diesel::insert_into(channels::table)
        .values((
            channels::kind.eq("web_chat"),
            channels::name.eq("Chat do site"),
            channels::default_department_id.eq(department),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn delete_link(conn: &mut PgConnection) -> Result<()> {
    diesel::delete(setup_links::table).execute(conn)?;
    Ok(())
}
