//! Signing in and out.

use diesel::pg::PgConnection;

use crate::audit::{self, Action};
use crate::auth::throttle::{self, AttemptSource};
use crate::auth::{Account, KnownDevice, credentials, passwords};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::live::{self, Event};

/// The result of a sign-in attempt.
pub enum SignIn {
    Right {
        user: UserId,
        hash: String,
    },
    Wrong,
    /// Beyond the limit for `seconds`. `user` is the user with the typed address, if there is one.
    TooMany {
        seconds: i64,
        user: Option<UserId>,
    },
}

/// Checks the credentials, within the limits of attempts. An unknown address takes as long as a wrong password.
pub async fn sign_in(
    db: &Db,
    email: &str,
    password: &str,
    ip: String,
    device: &KnownDevice,
) -> Result<SignIn> {
    let (address, from, device) = (email.to_owned(), ip.clone(), device.clone());
    let (credentials, source, admitted) = db
        .run(move |conn| {
            let credentials = credentials(conn, &address)?;
            let nonce = credentials.as_ref().and_then(|(user, hash)| device.nonce(*user, hash));
            let source = match nonce {
                Some(nonce) => AttemptSource::Device(nonce.to_owned()),
                None => AttemptSource::stranger(&address, &from),
            };
            let admitted = match throttle::count_attempt(conn, &source) {
                Err(Error::TooMany { seconds }) => Err(seconds),
                other => Ok(other?),
            };
            Ok((credentials, source, admitted))
        })
        .await?;
    let (user, hash) = credentials.unzip();
    if let Err(seconds) = admitted {
        return Ok(SignIn::TooMany { seconds, user });
    }
    let is_right = passwords::verify(password.to_owned(), hash.clone()).await?;
    db.transaction(move |conn| match (user, &hash) {
        (Some(user), Some(hash)) if is_right => {
            throttle::reset_after_success(conn, &source)?;
            audit::record(conn, &audit::Entry::of(Action::SignedIn).by_user(user).from(&ip))?;
            Ok(SignIn::Right { user, hash: hash.clone() })
        }
        (user, _) => {
            let entry = audit::Entry::of(Action::SignInRefused).about(user.map(|id| id.0));
            audit::record(conn, &entry.from(&ip))?;
            Ok(SignIn::Wrong)
        }
    })
    .await
}

/// Records that the account's session ended, and closes its open pages.
pub fn sign_out(conn: &mut PgConnection, account: &Account) -> Result<()> {
    audit::record(conn, &audit::Entry::of(Action::SignedOut).by(account))?;
    live::announce(conn, &Event::RightsChanged(vec![account.id]))
}
