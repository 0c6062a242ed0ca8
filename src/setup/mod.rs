//! Set-up: creating the company in an empty installation.
//!
//! While there is no user, each start of `pontual serve` prints a new link. The person who opens it names the
//! company, its administrator and its first department, and is signed in. If several processes start at once,
//! the link of the last one works. As soon as there is a user, no matter how it was created, no link works
//! any more.

mod form;
pub mod handlers;
mod queries;
mod set_up;

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::keys::random_bytes;
use crate::users;

/// Creates a new link and returns its path. The previous link stops working. `None` if there is a user.
pub fn open(conn: &mut PgConnection) -> Result<Option<String>> {
    if users::any_exist(conn)? {
        return Ok(None);
    }
    let token = hex::encode(random_bytes::<16>());
    queries::replace_link(conn, &hash_of(&token))?;
    Ok(Some(format!("/setup/{token}")))
}

/// The database holds only the hash of a token, so reading the table does not reveal a working link.
fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
