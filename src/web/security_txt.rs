//! The contact for reports of vulnerabilities, in the format of RFC 9116.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{Duration, SubsecRound, Utc};

use super::Anyone;
use crate::config::Config;

/// Days until the text expires. RFC 9116 recommends less than a year. It is made for each request, so it
/// never does.
const TRUE_FOR_DAYS: i64 = 180;

pub async fn show(_: Anyone, config: web::Data<Config>) -> HttpResponse {
    let expires = (Utc::now() + Duration::days(TRUE_FOR_DAYS)).trunc_subsecs(0);
    let mut text = format!(
        "Contact: {}\nExpires: {}\nPreferred-Languages: pt-BR, en\n",
        config.security_contact(),
        expires.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    if config.is_https() {
        text += &format!("Canonical: {}\n", config.link("/.well-known/security.txt"));
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(text)
}
