//! The demonstration company: `bin/run` fills an empty private database with it, so that everything can be
//! tried at once. Its passwords are public, so it is served on loopback only.

pub mod large;
mod queries;

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::auth::passwords;
use crate::error::Result;
use crate::users;

/// The sign-ins that `bin/run` prints.
pub const SIGN_INS: &str = "\
Demonstration sign-ins (password of all: demonstracao)
  admin@pontual.example    Administrador: everything
  gestor@pontual.example   Gestor de cargos: roles only
  bruno@pontual.example    Atendente in Suporte
  helena@pontual.example   Atendente in Financeiro";

const PASSWORD: &str = "demonstracao";

/// Fills a database that has no users yet. Returns `false` and does nothing if it has some.
pub fn fill(conn: &mut PgConnection) -> Result<bool> {
    if users::any_exist(conn)? {
        return Ok(false);
    }
    let hash = passwords::hash(PASSWORD)?;
    conn.transaction(|conn| queries::fill(conn, &hash))?;
    Ok(true)
}

/// Whether the database contains the demonstration company.
pub fn is_loaded(conn: &mut PgConnection) -> Result<bool> {
    queries::is_loaded(conn)
}
