//! Somebody who is signed in, known by their id alone.

use std::future::{Ready, ready};

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::USER_KEY;
use super::viewer::login_required;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// The user of a living session, which ends when the user is deactivated. For what thousands ask for at
/// once and shows nothing of them; pages take [`Viewer`](super::Viewer).
pub struct SignedIn(pub UserId);

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.get_session().get::<i64>(USER_KEY).unwrap_or_default();
        let user = user.filter(|user| is_meant(request, *user));
        ready(user.map(|user| Self(UserId(user))).ok_or_else(|| login_required(request)))
    }
}

/// A page may say whose it is: an open one must not show what another account is told, which has signed in
/// since in the same browser.
pub(super) fn is_meant(request: &HttpRequest, user: i64) -> bool {
    request.headers().get("x-user").is_none_or(|meant| meant.as_bytes() == user.to_string().as_bytes())
}
