//! The frame around a page: navigation panel, top bar, bell, messages.

use std::future::{Ready, ready};

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;

use super::theme::COOKIE as THEME_COOKIE;
use super::{Csrf, Flash, Theme, navigation};
use crate::auth::Viewer;
use crate::config::Config;
use crate::error::{Error, Result};

/// Bytes to reserve for a page. Enough for nearly all, and below 64 KiB: the allocator tidies its whole heap
/// whenever a block of 64 KiB or more is freed.
const PAGE: usize = 60 * 1024;

/// What the frame of a response needs from the request.
pub struct Shell {
    /// The token for the page's forms. Views with forms take it as a field.
    pub csrf: String,
    pub is_htmx: bool,
    /// The theme in the browser's cookie. The setting of a signed-in user takes precedence.
    theme: Theme,
    is_https: bool,
    flash: Option<Flash>,
    path: String,
    cookies: Vec<Cookie<'static>>,
}

impl Shell {
    /// Responds with `view` inside the frame, or, to htmx, with `view` alone.
    pub fn page(self, viewer: &Viewer, title: &str, view: impl Template) -> Result<HttpResponse> {
        self.page_with(StatusCode::OK, viewer, title, view)
    }

    /// As `page`, with another status, such as 422 for an invalid form.
    pub fn page_with(
        self,
        status: StatusCode,
        viewer: &Viewer,
        title: &str,
        view: impl Template,
    ) -> Result<HttpResponse> {
        if self.is_htmx {
            return self.fragment(status, view);
        }
        let theme = viewer.theme.as_str();
        let mut body = String::with_capacity(PAGE);
        Framed { shell: &self, viewer, theme, title, body: &view }.render_into(&mut body)?;
        Ok(self.with_theme_of(viewer).respond(status, body))
    }

    /// Responds with 503 and a form that could not be saved for now, so that the user can send it again.
    pub fn page_to_retry(self, viewer: &Viewer, title: &str, view: impl Template) -> Result<HttpResponse> {
        tracing::warn!(title, "a form was answered 503");
        let title = format!("Erro: {title}");
        let mut answer = self.page_with(StatusCode::SERVICE_UNAVAILABLE, viewer, &title, view)?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        Ok(answer)
    }

    /// Sets the theme cookie if it differs from the user's setting, which may come from another browser.
    fn with_theme_of(mut self, viewer: &Viewer) -> Self {
        if self.theme != viewer.theme {
            self.cookies.push(viewer.theme.cookie(self.is_https));
        }
        self
    }

    /// Responds with a page without the frame, such as the sign-in page.
    pub fn bare(self, status: StatusCode, title: &str, view: impl Template) -> Result<HttpResponse> {
        let body = Bare { theme: self.theme.as_str(), title, body: &view }.render()?;
        Ok(self.respond(status, body))
    }

    /// Responds with a part of a page.
    pub fn fragment(self, status: StatusCode, view: impl Template) -> Result<HttpResponse> {
        let body = view.render()?;
        Ok(self.respond(status, body))
    }

    fn respond(self, status: StatusCode, body: String) -> HttpResponse {
        let mut response = HttpResponse::build(status);
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        // A part of a page does not show the message, so it must not delete it.
        if self.flash.is_some() && !self.is_htmx {
            response.cookie(Flash::shown());
        }
        response.insert_header(("vary", "HX-Request"));
        response.content_type("text/html; charset=utf-8").body(body)
    }
}

impl FromRequest for Shell {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(csrf) = request.app_data::<web::Data<Csrf>>() else {
            return ready(Err(Error::unexpected("no Csrf")));
        };
        let (token, cookie) = csrf.token(request);
        let theme = request.cookie(THEME_COOKIE).and_then(|cookie| cookie.value().parse().ok());
        let is_https = request.app_data::<web::Data<Config>>().is_some_and(|config| config.is_https());
        ready(Ok(Self {
            csrf: token,
            // For the back button, htmx requests the whole page.
            is_htmx: request.headers().contains_key("hx-request")
                && !request.headers().contains_key("hx-history-restore-request"),
            theme: theme.unwrap_or_default(),
            is_https,
            flash: Flash::of(request),
            path: request.path().to_owned(),
            cookies: cookie.into_iter().collect(),
        }))
    }
}

#[derive(Template)]
#[template(path = "web/layout.html")]
struct Framed<'a, V: Template> {
    shell: &'a Shell,
    viewer: &'a Viewer,
    theme: &'a str,
    title: &'a str,
    /// Rendered directly into the page.
    body: &'a V,
}

impl<V: Template> Framed<'_, V> {
    /// The page's heading: its title without the "Erro: " that marks an invalid form in the browser's tab.
    fn heading(&self) -> &str {
        self.title.strip_prefix("Erro: ").unwrap_or(self.title)
    }

    /// The list that the page belongs to, for the link back to it.
    fn parent(&self) -> Option<&'static navigation::Entry> {
        navigation::list_of(&self.shell.path, self.viewer).filter(|list| list.href != self.shell.path)
    }

    fn is_at(&self, path: &str) -> bool {
        self.shell.path == path
    }

    fn is_in_any(&self, lists: &[&navigation::Entry]) -> bool {
        lists.iter().any(|list| self.is_in(list))
    }

    fn is_in(&self, list: &navigation::Entry) -> bool {
        navigation::list_of(&self.shell.path, self.viewer).is_some_and(|current| current.href == list.href)
    }
}

#[derive(Template)]
#[template(path = "web/bare.html")]
struct Bare<'a, V: Template> {
    theme: &'a str,
    title: &'a str,
    body: &'a V,
}

/// 303 to `path`.
pub fn redirect(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// 303 to `path`, which then shows `flash`.
pub fn redirect_with(path: &str, flash: Flash) -> HttpResponse {
    let mut answer = redirect(path);
    answer.extensions_mut().insert(flash);
    answer
}

/// Adds a cookie to `answer`, if there is one.
pub fn with_cookie(mut answer: HttpResponse, cookie: Option<Cookie<'static>>) -> HttpResponse {
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie.encoded().to_string()).ok())
    {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

/// Sets the path that htmx shows for `answer`. The form's own would include all its empty fields.
pub fn pushing(mut answer: HttpResponse, path: &str) -> HttpResponse {
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(HeaderName::from_static("hx-push-url"), path);
    }
    answer
}

/// The initials of the first and the last word of a name, for its badge.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// The colour of a badge, 1 to 5. An id always has the same one.
pub fn tint(id: &impl std::fmt::Display) -> u32 {
    id.to_string().bytes().map(u32::from).sum::<u32>() % 5 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_shows_the_first_and_last_initial() {
        assert_eq!(initials("Mercado Pão de Minas"), "MM");
        assert_eq!(initials("érica"), "É");
        assert_eq!(initials(""), "");
    }
}
