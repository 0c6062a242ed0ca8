//! The network address that a request comes from.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::config::Config;

/// The visitor's IP address, for the audit.
pub struct ClientIp(pub String);

impl FromRequest for ClientIp {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(client_ip(request))))
    }
}

/// The visitor's IP address as text.
pub fn client_ip(request: &HttpRequest) -> String {
    visitor_of(request).map_or("unknown".into(), |ip| ip.to_string())
}

/// The visitor's IP address: the peer's, or the one that a trusted proxy states.
pub fn visitor_of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or("?"));
    let config = request.app_data::<web::Data<Config>>();
    Some(config.map_or(peer, |config| config.trusted_proxies.visitor(peer, forwarded)))
}
