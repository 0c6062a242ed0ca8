//! Light and dark pages.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::text_enum;

/// The cookie that holds the theme for pages without a user, and for the script that runs before the first
/// paint.
const COOKIE: &str = "theme";

text_enum! {
    /// A user's choice. `System` follows the device.
    #[derive(Default)]
    pub enum Theme {
        #[default]
        System = "",
        Light = "light",
        Dark = "dark",
    }
}

impl Theme {
    /// What this browser's cookie says.
    pub fn of(request: &HttpRequest) -> Self {
        request.cookie(COOKIE).and_then(|cookie| cookie.value().parse().ok()).unwrap_or_default()
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "Do sistema",
            Self::Light => "Claro",
            Self::Dark => "Escuro",
        }
    }

    /// The cookie for this theme. Scripts read and write it too.
    pub fn cookie(self, is_https: bool) -> Cookie<'static> {
        let cookie = Cookie::build(COOKIE, self.as_str()).path("/").same_site(SameSite::Lax).secure(is_https);
        let mut cookie = cookie.max_age(Duration::days(365)).finish();
        if self == Self::System {
            cookie.make_removal();
        }
        cookie
    }
}
