//! The id of the signed-in user, for code that needs no more than that.

use actix_session::SessionExt;
use actix_web::HttpRequest;

/// The session's entry that holds the id of the signed-in user.
pub const USER_KEY: &str = "user_id";

/// The id of the signed-in user, or 0.
pub fn user_of(request: &HttpRequest) -> i64 {
    request.get_session().get(USER_KEY).unwrap_or_default().unwrap_or_default()
}
