//! Refuses requests that users' browsers never send, before anything reads them: requests for another host,
//! and compressed bodies.

use std::sync::Once;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HOST};
use actix_web::middleware::Next;
use actix_web::web;

use crate::config::Config;
use crate::error::Error;

/// Paths that monitoring may request under any host name.
const MONITORING_PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// Middleware: refuses a request for a host other than the public address (421), if one is configured.
/// Refuses a body with a `Content-Encoding` (415), because a few kilobytes could unpack to gigabytes.
pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Err(Error::Encoded.into());
    }
    let config = request.app_data::<web::Data<Config>>();
    if config.is_some_and(|config| !is_for_us(&request, config))
        && !MONITORING_PATHS.contains(&request.path())
    {
        warn_once();
        return Err(Error::WrongHost.into());
    }
    next.call(request).await
}

fn is_for_us(request: &ServiceRequest, config: &Config) -> bool {
    let host = request.headers().get_all(HOST).map(|host| host.to_str().unwrap_or("?"));
    let named: Vec<_> = host.chain(request.uri().authority().map(|name| name.as_str())).collect();
    if named.is_empty() { config.serves("") } else { named.iter().all(|host| config.serves(host)) }
}

/// Logs only once, because strangers can trigger this as often as they like.
fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a request for another host than that of PONTUAL_PUBLIC_URL was refused (421); \
             a balancer must pass the header Host on as it came"
        );
    });
}
