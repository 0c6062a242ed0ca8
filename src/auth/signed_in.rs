//! The signed-in user, by id only.

use std::future::{Ready, ready};

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::viewer::login_required;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::web::USER_KEY;

/// The user of an open session. Reads no user data, so it is for requests that come in thousands and do not
/// show any. Pages use [`Viewer`](super::Viewer).
pub struct SignedIn(pub UserId);

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.get_session().get::<i64>(USER_KEY).unwrap_or_default();
        let user = user.filter(|user| matches_page_user(request, *user));
        ready(user.map(|user| Self(UserId(user))).ok_or_else(|| login_required(request)))
    }
}

/// A page may name its user in the header `X-User`. An open page must not get another user's data after that
/// user has signed in in the same browser.
pub(super) fn matches_page_user(request: &HttpRequest, user: i64) -> bool {
    request.headers().get("x-user").is_none_or(|meant| meant.as_bytes() == user.to_string().as_bytes())
}
