//! Browsers in which a user has signed in before. Their sign-in attempts are counted separately, so that
//! strangers who guess passwords cannot lock the owner out ("device cookies", OWASP).
//!
//! The cookie holds a mark for each of the browser's last users: a nonce, and a tag over nonce, user and
//! password hash. A mark reveals nothing, becomes invalid when the password changes, and does not sign
//! anybody in.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::ids::UserId;
use crate::keys::{Key, random_bytes};

/// Maximum users that the cookie remembers.
const MAX_MARKS: usize = 5;

/// Days that the cookie lasts. Browsers allow at most 400.
const COOKIE_DAYS: i64 = 365;

const NONCE: usize = 32;
const MARK: usize = 64;

/// Creates and checks the marks.
#[derive(Clone)]
pub struct Devices {
    key: Key,
    is_https: bool,
}

/// The marks in the request's cookie.
#[derive(Clone)]
pub struct KnownDevice {
    devices: Option<Devices>,
    marks: Vec<String>,
}

impl Devices {
    pub fn new(key: Key, is_https: bool) -> Self {
        Self { key, is_https }
    }

    fn cookie_name(&self) -> &'static str {
        if self.is_https { "__Host-pontual_device" } else { "pontual_device" }
    }

    /// Half of an HMAC: 128 bits.
    fn tag(&self, nonce: &str, user: UserId, password_hash: &str) -> String {
        let tag = self.key.tag(&[nonce.as_bytes(), &user.0.to_be_bytes(), password_hash.as_bytes()]);
        hex::encode(&tag[..16])
    }

    fn knows(&self, mark: &str, user: UserId, password_hash: &str) -> bool {
        use subtle::ConstantTimeEq;
        let (nonce, tag) = mark.split_at(NONCE);
        self.tag(nonce, user, password_hash).as_bytes().ct_eq(tag.as_bytes()).into()
    }
}

impl KnownDevice {
    /// The nonce of this browser's mark for `user`, if they signed in here with this password.
    pub fn nonce(&self, user: UserId, password_hash: &str) -> Option<&str> {
        let devices = self.devices.as_ref()?;
        let mark = self.marks.iter().find(|mark| devices.knows(mark, user, password_hash))?;
        Some(&mark[..NONCE])
    }

    /// The cookie that marks this browser as one in which `user` has signed in.
    pub fn remembering(&self, user: UserId, password_hash: &str) -> Option<Cookie<'static>> {
        let devices = self.devices.as_ref()?;
        let is_theirs = |mark: &&String| devices.knows(mark, user, password_hash);
        let mark = self.marks.iter().find(is_theirs).cloned().unwrap_or_else(|| {
            let nonce = hex::encode(random_bytes::<{ NONCE / 2 }>());
            let tag = devices.tag(&nonce, user, password_hash);
            nonce + &tag
        });
        let others = self.marks.iter().filter(|other| **other != mark).take(MAX_MARKS - 1);
        let marks: Vec<&str> = std::iter::once(&mark).chain(others).map(String::as_str).collect();
        let cookie = Cookie::build(devices.cookie_name(), marks.join("."))
            .path("/")
            .http_only(true)
            .secure(devices.is_https)
            .same_site(SameSite::Lax)
            .max_age(Duration::days(COOKIE_DAYS));
        Some(cookie.finish())
    }
}

impl FromRequest for KnownDevice {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let devices = request.app_data::<web::Data<Devices>>().map(|devices| devices.get_ref().clone());
        let cookie = devices.as_ref().and_then(|devices| request.cookie(devices.cookie_name()));
        let is_mark = |mark: &&str| mark.len() == MARK && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
        let marks = cookie.iter().flat_map(|cookie| cookie.value().split('.')).filter(is_mark);
        ready(Ok(Self { marks: marks.take(MAX_MARKS).map(str::to_owned).collect(), devices }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    fn browser(marks: &str) -> KnownDevice {
        let devices = Devices::new(Keys::new("secret").key("devices"), true);
        KnownDevice { devices: Some(devices), marks: marks.split('.').map(str::to_owned).collect() }
    }

    #[test]
    fn a_browser_is_known_by_the_user_and_the_password_that_it_was_used_with() {
        let (ana, bruno) = (UserId(1), UserId(2));
        let blank = KnownDevice { marks: Vec::new(), ..browser("") };
        let first = blank.remembering(ana, "hash of ana").unwrap();
        assert_eq!(
            (first.name(), first.secure(), first.http_only()),
            ("__Host-pontual_device", Some(true), Some(true))
        );
        let known = browser(first.value());
        assert!(known.nonce(ana, "hash of ana").is_some());
        assert!(known.nonce(ana, "another hash").is_none());
        assert!(known.nonce(bruno, "hash of ana").is_none());
        let both = browser(known.remembering(bruno, "hash of bruno").unwrap().value());
        assert_eq!(both.nonce(ana, "hash of ana"), known.nonce(ana, "hash of ana"));
        assert!(both.nonce(bruno, "hash of bruno").is_some());
        assert_eq!(both.remembering(ana, "hash of ana").unwrap().value().len(), 2 * MARK + 1);
    }

    #[test]
    fn a_browser_keeps_its_last_users() {
        let mut device = KnownDevice { marks: Vec::new(), ..browser("") };
        for user in 0..9 {
            device = browser(device.remembering(UserId(user), "hash").unwrap().value());
        }
        let known: Vec<_> = (0..9).filter(|user| device.nonce(UserId(*user), "hash").is_some()).collect();
        assert_eq!(known, [4, 5, 6, 7, 8]);
    }
}
