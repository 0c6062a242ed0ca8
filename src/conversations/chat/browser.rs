//! The customer's browser, identified by a cookie of its own.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web;
use sha2::{Digest, Sha256};

use super::ACCESS_DAYS;
use crate::config::Config;
use crate::keys::random_bytes;

/// A token of 256 random bits as 64 hex digits. A browser has one token for all the links opened in it.
pub struct Browser {
    token: Option<String>,
    is_https: bool,
}

impl Browser {
    pub fn of(request: &HttpRequest) -> Self {
        let is_https = request.app_data::<web::Data<Config>>().is_some_and(|config| config.is_https());
        let token = request.cookie(cookie_name(is_https)).map(|cookie| cookie.value().to_owned());
        let is_token = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self { token: token.filter(is_token), is_https }
    }

    /// The hash under which the database stores the token.
    pub fn token_hash(&self) -> Option<Vec<u8>> {
        self.token.as_deref().map(hash_of)
    }

    /// A new token for this browser, as hash and cookie. The cookie is `Lax` because customers follow links
    /// from other sites, and browsers must send it then.
    pub fn renewed(&self) -> (Vec<u8>, Cookie<'static>) {
        let token = hex::encode(random_bytes::<32>());
        let hash = hash_of(&token);
        let cookie = Cookie::build(cookie_name(self.is_https), token)
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .max_age(Duration::days(ACCESS_DAYS.into()));
        (hash, cookie.finish())
    }
}

fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-pontual_chat" } else { "pontual_chat" }
}

fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
