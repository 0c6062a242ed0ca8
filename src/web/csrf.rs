//! The second defence against forged requests: a token in every form.
//!
//! It is a signed double submit. A cookie (HttpOnly) holds a random seed, and the form holds an HMAC of the
//! seed and the signed-in user. So a token becomes invalid when its user signs out.
//!
//! The token also holds the user, signed separately. So a form with an invalid token still shows who filled
//! it in, and is given back only to that user.

use std::ops::Deref;
use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::rt::time;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use subtle::ConstantTimeEq;

use super::Fields;
use super::session::user_of;
use crate::error::{Error, Result};
use crate::keys::{Key, random_bytes};

/// Maximum bytes of a form without files. Far above the limit of any field, so that a text that is too long
/// comes back whole, with an error.
pub const FORM_LIMIT: usize = 2 * 1024 * 1024;

/// Maximum time to receive a form's body, because a slow one occupies a worker's memory.
const FORM_TIME: Duration = Duration::from_secs(10);

/// Bytes of the parts of a token: the tag over seed and user, the user, the tag over the user.
const TAG: usize = 32;
const USER: usize = 8;
const OWNER_TAG: usize = 16;
const TOKEN: usize = TAG + USER + OWNER_TAG;

/// Maximum age of the seed in the browser.
const SEED_AGE: CookieDuration = CookieDuration::days(365);

/// Creates and checks form tokens.
#[derive(Clone)]
pub struct Csrf {
    key: Key,
    is_https: bool,
}

/// The visitor's seed, stored in the request so that all forms of its response get the same one.
#[derive(Clone)]
struct Seed(String);

impl Csrf {
    pub fn new(key: Key, is_https: bool) -> Self {
        Self { key, is_https }
    }

    /// A token for the forms of the response, and the cookie to set if the visitor has none yet.
    pub fn token(&self, request: &HttpRequest) -> (String, Option<Cookie<'static>>) {
        let seed = self.seed(request).unwrap_or_else(|| hex::encode(random_bytes::<16>()));
        let is_new = request.cookie(self.cookie_name()).is_none_or(|cookie| cookie.value() != seed);
        request.extensions_mut().insert(Seed(seed.clone()));
        let user = user_part(request);
        let tag = self.key.tag(&[seed.as_bytes(), &user]);
        let token = [&tag[..], &user, &self.owner_tag(&user)].concat();
        let token = hex::encode(token);
        let cookie = is_new.then(|| {
            Cookie::build(self.cookie_name(), seed)
                .path("/")
                .http_only(true)
                .secure(self.is_https)
                .same_site(SameSite::Lax)
                // A form that is still open after the browser restarts stays valid.
                .max_age(SEED_AGE)
                .finish()
        });
        (token, cookie)
    }

    /// The user for whom the token was made, even if the token is no longer valid. 0 if nobody was signed in.
    pub fn owner(&self, token: &str) -> Option<i64> {
        let token: [u8; TOKEN] = hex::decode(token).ok()?.try_into().ok()?;
        let (user, tag) = token[TAG..].split_first_chunk::<USER>()?;
        bool::from(self.owner_tag(user).ct_eq(tag)).then(|| i64::from_be_bytes(*user))
    }

    fn owner_tag(&self, user: &[u8; USER]) -> [u8; OWNER_TAG] {
        let mut tag = [0; OWNER_TAG];
        tag.copy_from_slice(&self.key.tag(&[b"owner", user])[..OWNER_TAG]);
        tag
    }

    /// Whether the request has a valid token: in its header, or in `field`, a field of its form.
    pub fn is_sent(&self, request: &HttpRequest, field: &str) -> bool {
        let header = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
        self.verifies(request, header.unwrap_or(field))
    }

    pub(super) fn verifies(&self, request: &HttpRequest, token: &str) -> bool {
        let (Some(seed), Ok(token)) = (self.seed(request), hex::decode(token)) else { return false };
        let tag = token.get(..TAG).unwrap_or_default();
        token.len() == TOKEN && self.key.verifies(&[seed.as_bytes(), &user_part(request)], tag)
    }

    fn seed(&self, request: &HttpRequest) -> Option<String> {
        if let Some(Seed(seed)) = request.extensions().get::<Seed>() {
            return Some(seed.clone());
        }
        let cookie = request.cookie(self.cookie_name())?;
        (cookie.value().len() == 32).then(|| cookie.value().to_owned())
    }

    fn cookie_name(&self) -> &'static str {
        if self.is_https { "__Host-pontual_csrf" } else { "pontual_csrf" }
    }
}

fn user_part(request: &HttpRequest) -> [u8; USER] {
    user_of(request).to_be_bytes()
}

/// The fields of a posted form with a valid token. Every handler that changes something takes it.
///
/// # Errors
/// As an extractor: `ForeignRequest` without a valid token (field `csrf` or header `X-CSRF-Token`),
/// `TooLarge` above `FORM_LIMIT`, `BadRequest` if the body is no form, holds a NUL or takes longer than 10 s.
pub struct Posted(Fields);

impl Posted {
    pub fn into_fields(self) -> Fields {
        self.0
    }
}

impl Deref for Posted {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl FromRequest for Posted {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = posted_body(&request, payload);
        Box::pin(async move {
            let body = body.await?;
            let fields = Fields::parse(&body).ok_or(Error::BadRequest)?;
            let csrf = request.app_data::<web::Data<Csrf>>().ok_or_else(|| Error::unexpected("no Csrf"))?;
            if !csrf.is_sent(&request, fields.get("csrf")) {
                return Err(Error::ForeignRequest);
            }
            Ok(Self(fields))
        })
    }
}

/// The body of a form.
pub(super) fn posted_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes>> + use<> {
    within(FORM_TIME, web::Bytes::from_request(request, payload))
}

async fn within(
    time: Duration,
    body: impl Future<Output = Result<web::Bytes, actix_web::Error>>,
) -> Result<web::Bytes> {
    let body = time::timeout(time, body).await.map_err(|_| Error::BadRequest)?;
    body.map_err(|error| match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_body_that_never_ends_is_refused() {
        let endless = std::future::pending();
        assert!(matches!(within(Duration::from_millis(1), endless).await, Err(Error::BadRequest)));
    }
}
