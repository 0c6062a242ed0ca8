//! How many wrong sign-ins are allowed. The counts live in the database, so that the limit holds
//! over all processes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use super::{network_named, queries};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::UserId;

const WINDOW_MINUTES: i32 = 15;

/// Tries in the window from one place. Wide, so that a whole office behind one address is not locked out.
const OF_PLACE: i32 = 100;

/// Tries in the window of one e-mail address from one place.
const OF_ADDRESS_FROM_PLACE: i32 = 5;

/// Tries in the window of one e-mail address, from wherever. Wide, so that a stranger does not easily lock
/// somebody out of a new browser.
const OF_ADDRESS: i32 = 50;

/// Tries in the window from a browser in which the owner signed in before.
const OF_DEVICE: i32 = 10;

/// Tries in the window by somebody who is signed in, and is asked for their password.
const OF_USER: i32 = 5;

/// Whose tries are counted, and where.
#[derive(Clone, Debug)]
pub enum Guesser {
    /// Anybody who names that e-mail address, from that place.
    Stranger { email: String, place: String },
    /// A browser in which the owner signed in before, by its nonce. Strangers' tries do not count here.
    Device(String),
    /// Somebody who is signed in.
    User(UserId),
}

impl Guesser {
    pub fn stranger(email: &str, ip: &str) -> Self {
        Self::Stranger { email: email.to_owned(), place: network_named(ip) }
    }

    /// The counts, each with its limit, in the order in which they are raised: who is over one raises none of
    /// those after it, so that a flood from one place leaves one row, and not one for each address.
    fn counts(&self) -> Vec<(String, i32)> {
        match self {
            Self::Stranger { email, place } => {
                let email = hex::encode(&Sha256::digest(email.as_bytes())[..16]);
                vec![
                    (place.clone(), OF_PLACE),
                    (format!("{email} {place}"), OF_ADDRESS_FROM_PLACE),
                    (email, OF_ADDRESS),
                ]
            }
            Self::Device(nonce) => vec![(format!("device {nonce}"), OF_DEVICE)],
            Self::User(user) => vec![(format!("user {user}"), OF_USER)],
        }
    }
}

/// Counts a try.
///
/// # Errors
/// `TooMany` beyond the limit.
pub fn admit(conn: &mut PgConnection, guesser: &Guesser) -> Result<()> {
    for (key, limit) in guesser.counts() {
        let (tries, seconds) = queries::count_attempt(conn, &key, WINDOW_MINUTES)?;
        if tries > limit {
            return Err(Error::TooMany { seconds: seconds.max(1) });
        }
    }
    Ok(())
}

/// After the right password: forgets the tries of a device, of a user, and of an address from its place, and
/// takes this one try from the wider counts, which hold the tries of strangers too.
pub fn forgive(conn: &mut PgConnection, guesser: &Guesser) -> Result<()> {
    let counts = guesser.counts();
    let (own, shared): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(_, limit)| *limit <= OF_DEVICE);
    let keys = |counts: Vec<(String, i32)>| counts.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    queries::forgive_attempts(conn, &keys(own), &keys(shared))
}

/// The visitor's network address, for the audit.
pub struct ClientIp(pub String);

impl FromRequest for ClientIp {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(client_ip(request))))
    }
}

/// The visitor's network address, as it is written down.
pub fn client_ip(request: &HttpRequest) -> String {
    visitor_of(request).map_or("unknown".into(), |ip| ip.to_string())
}

/// The visitor's network address: the peer's, or what a trusted proxy says that it is.
pub fn visitor_of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or("?"));
    let config = request.app_data::<web::Data<Config>>();
    Some(config.map_or(peer, |config| config.trusted_proxies.visitor(peer, forwarded)))
}
