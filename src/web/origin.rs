//! The first defence against forged requests: a change must come from our own pages.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web;

use crate::config::Config;
use crate::error::Error;

/// Middleware: refuses a changing request that another site sent, according to the browser's headers (403).
/// Refuses paths with a NUL, which PostgreSQL's texts cannot hold (400).
pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.uri().to_string().contains("%00") {
        return Err(Error::BadRequest.into());
    }
    let config = request.app_data::<web::Data<Config>>().map(|config| config.get_ref());
    if !request.method().is_safe() && !is_own(request.headers(), config) {
        return Err(Error::ForeignRequest.into());
    }
    next.call(request).await
}

/// Browsers send `Sec-Fetch-Site`. Older ones, and all on plain HTTP, send `Origin`. A request with neither
/// does not come from a visitor's browser, and still needs a form token.
///
/// If the public address is HTTPS, a page of the same host without TLS is foreign, because somebody on the
/// network could have written it.
fn is_own(headers: &HeaderMap, config: Option<&Config>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text(ORIGIN.as_str()).filter(|origin| *origin != "null");
    if let Some(origin) = origin
        && config.and_then(|config| config.is_own_origin(origin)) == Some(false)
    {
        return false;
    }
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return true };
    let host = text(HOST.as_str()).unwrap_or_default();
    origin.split_once("://").is_some_and(|(_, origin_host)| origin_host.eq_ignore_ascii_case(host))
}

/// Whether the browser's headers say that one of our pages sent the request. Only then is a refused form
/// kept.
pub fn is_proven_own(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.contains_key(ORIGIN) && is_own(headers, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut request = TestRequest::post().insert_header(("host", "pontual.example"));
        for pair in pairs {
            request = request.insert_header(*pair);
        }
        let config = Config::from_vars(|_| None).unwrap();
        is_own(request.to_http_request().headers(), Some(&config))
    }

    #[test]
    fn where_the_address_is_set_its_scheme_and_port_count_too() {
        let variable =
            |name: &str| (name == "PONTUAL_PUBLIC_URL").then(|| "https://pontual.example".to_owned());
        let config = Config::from_vars(variable).unwrap();
        let own = |origin| {
            let request = TestRequest::post().insert_header(("host", "pontual.example"));
            let request = request.insert_header(("origin", origin)).to_http_request();
            is_own(request.headers(), Some(&config))
        };
        assert!(own("https://pontual.example"));
        for other in
            ["http://pontual.example", "https://pontual.example:8443", "https://evil.example", "null"]
        {
            assert!(!own(other), "{other}");
        }
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(own(&[("origin", "https://pontual.example")]));
        assert!(!own(&[("origin", "https://evil.example")]));
        assert!(!own(&[("origin", "null")]));
    }

    #[test]
    fn a_form_is_kept_only_where_the_browser_says_that_it_is_ours() {
        let proven = |name, value| {
            let request = TestRequest::post().insert_header(("host", "pontual.example"));
            is_proven_own(request.insert_header((name, value)).to_http_request().headers())
        };
        assert!(proven("sec-fetch-site", "same-origin"));
        assert!(proven("origin", "https://pontual.example"));
        for (name, value) in [
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-nothing", "at all"),
        ] {
            assert!(!proven(name, value), "{name}: {value}");
        }
    }
}
