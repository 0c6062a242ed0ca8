//! Answers with pages and parts of pages. `layout` puts the frame around them.

use std::any::Any;
use std::future::{Ready, ready};

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;

use super::{Csrf, Flash, theme_of};
use crate::error::{Error, Result};
use crate::theme::Theme;

/// Initial capacity of a page's text, in bytes; nearly every page fits. It stays below 64 KiB, because
/// whenever a larger allocation is freed, the allocator purges all its unused memory.
pub const PAGE_CAPACITY: usize = 60 * 1024;

/// A page's content and what the frame around it needs: the answer of [`Shell::page`], which the middleware
/// `layout::surround` completes.
pub struct Page {
    pub title: String,
    /// The content as HTML.
    pub body: String,
    /// The token for the frame's own forms.
    pub csrf: String,
    pub flash: Option<Flash>,
}

/// What an answer needs from its request. A handler takes it as an argument.
pub struct Shell {
    /// The token for the page's forms. The macro `form::csrf` writes it into each form.
    pub csrf: String,
    pub is_htmx: bool,
    /// The theme in the browser's cookie. The setting of a signed-in user takes precedence.
    theme: Theme,
    flash: Option<Flash>,
    cookies: Vec<Cookie<'static>>,
}

impl Shell {
    /// Responds with `view` inside the frame, or, to htmx, with `view` alone. The handler must take the signed-in
    /// user as an argument.
    pub fn page(self, title: &str, view: impl Template) -> Result<HttpResponse> {
        self.page_with(StatusCode::OK, title, view)
    }

    /// As `page`, with another status, such as 422 for an invalid form.
    pub fn page_with(self, status: StatusCode, title: &str, view: impl Template) -> Result<HttpResponse> {
        if self.is_htmx {
            return self.fragment(status, view);
        }
        let (csrf, flash) = (self.csrf.clone(), self.flash.clone());
        let body = render_with_token(&view, &csrf, String::with_capacity(PAGE_CAPACITY))?;
        let page = Page { title: title.to_owned(), body, csrf, flash };
        let mut answer = self.respond(status, String::new());
        answer.extensions_mut().insert(page);
        Ok(answer)
    }

    /// Responds with 503 and a form that could not be saved for now, so that the user can send it again.
    pub fn page_to_retry(self, title: &str, view: impl Template) -> Result<HttpResponse> {
        tracing::warn!(title, "a form was answered 503");
        let title = format!("Erro: {title}");
        let mut answer = self.page_with(StatusCode::SERVICE_UNAVAILABLE, &title, view)?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        Ok(answer)
    }

    /// Responds with a page without the frame, such as the sign-in page.
    pub fn bare(self, status: StatusCode, title: &str, view: impl Template) -> Result<HttpResponse> {
        let body = self.render(&Bare { theme: self.theme.as_str(), title, body: &view })?;
        Ok(self.respond(status, body))
    }

    /// Responds with a part of a page.
    pub fn fragment(self, status: StatusCode, view: impl Template) -> Result<HttpResponse> {
        let body = self.render(&view)?;
        Ok(self.respond(status, body))
    }

    fn render(&self, view: &impl Template) -> Result<String> {
        render_with_token(view, &self.csrf, String::new())
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
        ready(Ok(Self {
            csrf: token,
            // For the back button, htmx requests the whole page.
            is_htmx: request.headers().contains_key("hx-request")
                && !request.headers().contains_key("hx-history-restore-request"),
            theme: theme_of(request),
            flash: Flash::of(request),
            cookies: cookie.into_iter().collect(),
        }))
    }
}

#[derive(Template)]
#[template(path = "web/bare.html")]
struct Bare<'a, V: Template> {
    theme: &'a str,
    title: &'a str,
    body: &'a V,
}

/// Renders a part of a page outside a request. Its forms hold no token: the page that shows them sends its own in
/// a header.
pub fn render_for_any_page(view: &impl Template) -> Result<String> {
    render_with_token(view, "", String::new())
}

/// Renders a view whose forms hold `token`: the macro `form::csrf` reads it from these values.
/// The text goes behind that of `text`.
pub fn render_with_token(view: &impl Template, token: &str, mut text: String) -> Result<String> {
    let token: &dyn Any = &token.to_owned();
    view.render_into_with_values(&mut text, &("csrf", token))?;
    Ok(text)
}

/// 303 to `path`.
pub fn redirect(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// 303 to `path`, which then shows `flash`.
pub fn redirect_with(path: &str, flash: impl Into<Flash>) -> HttpResponse {
    let mut answer = redirect(path);
    answer.extensions_mut().insert(flash.into());
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
pub fn with_push_url(mut answer: HttpResponse, path: &str) -> HttpResponse {
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
