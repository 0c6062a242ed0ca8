//! The cookie that holds the theme, for pages without a user and for the script that runs before the first paint.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::theme::Theme;

const COOKIE: &str = "theme";

/// The theme that this browser's cookie names.
pub fn theme_of(request: &HttpRequest) -> Theme {
    request.cookie(COOKIE).and_then(|cookie| cookie.value().parse().ok()).unwrap_or_default()
}

/// The cookie for `theme`. Scripts read and write it too.
pub fn theme_cookie(theme: Theme, is_https: bool) -> Cookie<'static> {
    let cookie = Cookie::build(COOKIE, theme.as_str()).path("/").same_site(SameSite::Lax).secure(is_https);
    let mut cookie = cookie.max_age(Duration::days(365)).finish();
    if theme == Theme::System {
        cookie.make_removal();
    }
    cookie
}
