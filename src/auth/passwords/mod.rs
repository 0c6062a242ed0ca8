//! Passwords as argon2id hashes. A run takes 19 MiB and tens of milliseconds, so at most one per core runs at
//! a time.

mod folding;
mod lists;
mod refusal;
mod strength;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::web;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

pub use refusal::Refusal;
pub use strength::{Owner, refusal};

/// Minimum and maximum characters of a password. The maximum bounds the time of a run of argon2.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;

const LONGEST_WAIT: Duration = Duration::from_secs(5);

static FREE_RUNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(cores))
});

/// A hash that no password matches. Unknown users are checked against it, so that the answer takes as long as for
/// known ones.
static DUMMY_HASH: LazyLock<String> =
    LazyLock::new(|| hash(&hex::encode(crate::keys::random_bytes::<16>())).unwrap_or_default());

/// Why `password` is refused as a new password of `owner`. `None` if it is accepted. See [`refusal`].
pub async fn judge(password: &str, owner: Owner) -> Result<Option<Refusal>> {
    let password = password.to_owned();
    web::block(move || refusal(&password, &owner)).await.map_err(Error::unexpected)
}

/// The hash to store, computed when a core is free.
///
/// # Errors
/// `Unavailable` if too many are waiting.
pub async fn hash_in_turn(password: String) -> Result<String> {
    let turn = acquire_run().await?;
    let hashed = web::block(move || {
        let _turn = turn;
        hash(&password)
    });
    hashed.await.map_err(Error::unexpected)?
}

/// The hash to store.
pub fn hash(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::unexpected(error.to_string()))
}

/// Whether `password` matches `hash`. `None` means an unknown user and never matches.
///
/// # Errors
/// `Unavailable` if too many are waiting.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    if !LENGTHS.contains(&password.chars().count()) {
        return Ok(false);
    }
    let turn = acquire_run().await?;
    web::block(move || {
        let _turn = turn;
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.clone());
        Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok() && is_known
    })
    .await
    .map_err(Error::unexpected)
}

async fn acquire_run() -> Result<OwnedSemaphorePermit> {
    let turn = tokio::time::timeout(LONGEST_WAIT, FREE_RUNS.clone().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(Error::Unavailable("too many sign-ins wait".into())) };
    Ok(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_of_a_known_user_passes() {
        let stored = hash("correto cavalo").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correto cavalo".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("errado cavalo".into(), Some(stored)).await.unwrap());
        assert!(!verify("correto cavalo".into(), None).await.unwrap());
        assert!(!verify("x".repeat(100_000), None).await.unwrap());
    }
}
