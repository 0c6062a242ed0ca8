//! Limits sign-in attempts. The counts are in the database, so that the limits hold across processes.

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use super::queries;
use crate::config::network_named;
use crate::error::{Error, Result};
use crate::ids::UserId;

const WINDOW_MINUTES: i32 = 15;

/// Maximum attempts per window from one network. High, so that an office behind one address is not locked
/// out.
const MAX_PER_NETWORK: i32 = 100;

/// Maximum attempts per window for one e-mail address from one network.
const MAX_PER_EMAIL_AND_NETWORK: i32 = 5;

/// Maximum attempts per window for one e-mail address from anywhere. High, so that a stranger cannot easily
/// lock the owner out of a new browser.
const MAX_PER_EMAIL: i32 = 50;

/// Maximum attempts per window from a browser in which the owner has signed in before.
const MAX_PER_DEVICE: i32 = 10;

/// Maximum attempts per window by a signed-in user who is asked for their password.
const MAX_PER_USER: i32 = 5;

/// Whose attempts are counted together.
#[derive(Clone, Debug)]
pub enum AttemptSource {
    /// Anybody who types this e-mail address, from this network.
    Stranger { email: String, network: String },
    /// A browser in which the owner has signed in before, by its nonce. Strangers' attempts do not count
    /// here.
    Device(String),
    /// A signed-in user.
    User(UserId),
}

impl AttemptSource {
    pub fn stranger(email: &str, ip: &str) -> Self {
        Self::Stranger { email: email.to_owned(), network: network_named(ip) }
    }

    /// The counts and their limits, in the order in which they are incremented. An attempt beyond one limit does
    /// not increment the later counts, so a flood from one network leaves one row instead of one per address.
    fn counts(&self) -> Vec<(String, i32)> {
        match self {
            Self::Stranger { email, network } => {
                let email = hex::encode(&Sha256::digest(email.as_bytes())[..16]);
                vec![
                    (network.clone(), MAX_PER_NETWORK),
                    (format!("{email} {network}"), MAX_PER_EMAIL_AND_NETWORK),
                    (email, MAX_PER_EMAIL),
                ]
            }
            Self::Device(nonce) => vec![(format!("device {nonce}"), MAX_PER_DEVICE)],
            Self::User(user) => vec![(format!("user {user}"), MAX_PER_USER)],
        }
    }
}

/// Counts an attempt. Call it before checking the password.
///
/// # Errors
/// `TooMany` beyond the limit.
pub fn count_attempt(conn: &mut PgConnection, source: &AttemptSource) -> Result<()> {
    for (key, limit) in source.counts() {
        let (tries, seconds) = queries::count_attempt(conn, &key, WINDOW_MINUTES)?;
        if tries > limit {
            return Err(Error::TooMany { seconds: seconds.max(1) });
        }
    }
    Ok(())
}

/// After the right password: deletes the narrow counts, and subtracts this attempt from the wide counts,
/// which also hold strangers' attempts.
pub fn reset_after_success(conn: &mut PgConnection, source: &AttemptSource) -> Result<()> {
    let counts = source.counts();
    let (own, shared): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(_, limit)| *limit <= MAX_PER_DEVICE);
    let keys = |counts: Vec<(String, i32)>| counts.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    queries::forgive_attempts(conn, &keys(own), &keys(shared))
}
