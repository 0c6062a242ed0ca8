//! SQL of the demonstration company.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::error::Result;
use crate::schema::users;

const ADMINISTRATOR: &str = "admin@pontual.example";

/// # Errors
/// The database is unreachable.
pub fn is_in(conn: &mut PgConnection) -> Result<bool> {
    let query = diesel::dsl::exists(users::table.filter(users::email.eq(ADMINISTRATOR)));
    Ok(diesel::select(query).get_result(conn)?)
}

/// # Errors
/// The database is not empty, or unreachable.
pub fn fill(conn: &mut PgConnection, password_hash: &str) -> Result<()> {
    conn.batch_execute(include_str!("company.sql"))?;
    diesel::update(users::table).set(users::password_hash.eq(password_hash)).execute(conn)?;
    conn.batch_execute(include_str!("schedules.sql"))?;
    Ok(())
}
