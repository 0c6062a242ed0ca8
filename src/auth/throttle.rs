//! How many wrong sign-ins are allowed. The counts live in the database, so that the limit holds
//! over all processes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use super::queries;
use crate::config::Config;
use crate::error::{Error, Result};

const WINDOW_MINUTES: i32 = 15;

/// Tries in the window: of one address from one place, of one address, from one place. The first
/// is small; the others are wide, so that a stranger cannot easily lock somebody out, nor a whole
/// office behind one address be.
const LIMITS: [i32; 3] = [5, 50, 100];

/// Counts a try.
///
/// # Errors
/// `TooMany` beyond the limit.
pub fn admit(conn: &mut PgConnection, email: &str, ip: &str) -> Result<()> {
    for (key, limit) in keys(email, ip).iter().zip(LIMITS) {
        let (tries, seconds) = queries::count_attempt(conn, key, WINDOW_MINUTES)?;
        if tries > limit {
            return Err(Error::TooMany { seconds: seconds.max(1) });
        }
    }
    Ok(())
}

/// Forgets the tries of an address after a good sign-in: a whole office may sign in from one place.
///
/// # Errors
/// The database is unreachable.
pub fn forgive(conn: &mut PgConnection, email: &str, ip: &str) -> Result<()> {
    let [both, email, place] = keys(email, ip);
    queries::forgive_attempts(conn, &[both, email], &place)
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

fn keys(email: &str, ip: &str) -> [String; 3] {
    let email = hex::encode(&Sha256::digest(email.as_bytes())[..16]);
    [format!("{email} {ip}"), email, ip.to_owned()]
}
