//! Set-up: how an empty installation becomes a company.
//!
//! While nobody can sign in, each start of `pontual serve` prints a link that no start before it knew:
//! whoever opens it names the company, its administrator and its first department, and is signed in. Of
//! several processes that start at once, the link of the last to start works. Once there is a user,
//! however made, no link works any more.

mod form;
mod handlers;
mod queries;

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::keys::random_bytes;
use crate::users;
use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![Route::get("/setup/{token}", handlers::new), Route::post("/setup/{token}", handlers::create)]
}

/// Makes the path of a new link, which voids the one before; `None` once there is a user.
pub fn open(conn: &mut PgConnection) -> Result<Option<String>> {
    if users::are_there(conn)? {
        return Ok(None);
    }
    let token = hex::encode(random_bytes::<16>());
    queries::replace_link(conn, &hash_of(&token))?;
    Ok(Some(format!("/setup/{token}")))
}

/// What the database keeps of a token: reading the table opens nothing.
fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
