//! Checks the current password before changes that somebody at a browser left open could misuse.

use super::queries;
use crate::auth::throttle::{self, AttemptSource};
use crate::auth::{Account, passwords};
use crate::db::Db;
use crate::error::{Error, Result};

/// Why the change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefusal {
    Missing,
    Wrong,
    /// Too many attempts; the next one is allowed after this many seconds.
    TooMany {
        seconds: i64,
    },
}

/// Checks what was typed as the account's current password.
///
/// Attempts are limited, so a stranger at an open browser cannot guess faster than on the sign-in page. They are
/// counted apart from sign-ins, so strangers who try to sign in cannot block the user here.
pub async fn check_password(db: &Db, account: &Account, typed: &str) -> Result<Result<(), PasswordRefusal>> {
    if typed.is_empty() {
        return Ok(Err(PasswordRefusal::Missing));
    }
    let (id, guesser) = (account.id, AttemptSource::User(account.id));
    let counted = guesser.clone();
    let attempt = db.run(move |conn| {
        throttle::count_attempt(conn, &counted)?;
        queries::password_hash(conn, id)
    });
    let hash = match attempt.await {
        Err(Error::TooMany { seconds }) => return Ok(Err(PasswordRefusal::TooMany { seconds })),
        hash => hash?,
    };
    if !passwords::verify(typed.to_owned(), hash).await? {
        return Ok(Err(PasswordRefusal::Wrong));
    }
    db.transaction(move |conn| throttle::reset_after_success(conn, &guesser)).await?;
    Ok(Ok(()))
}
