//! Where a form without htmx redirects to.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::REFERER;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde_json::json;
use url::Url;

use super::PAGE;
use super::queries::Bell;
use crate::error::Error;
use crate::web::{redirect, redirect_with};

/// The address of the page that sent the form, with its filter, and whether htmx sent it.
pub struct ReturnPath {
    is_htmx: bool,
    address: String,
}

impl ReturnPath {
    pub fn answer(&self, flash: Option<&'static str>) -> HttpResponse {
        match flash {
            Some(flash) => redirect_with(&self.address, flash),
            None => redirect(&self.address),
        }
    }

    /// Responds to a change of the bell. A form without htmx is redirected back, with the message `flash`. For
    /// htmx the answer is empty, and its event `bell` carries the new state of the bell.
    pub fn changed(&self, bell: Option<Bell>, flash: Option<&'static str>) -> HttpResponse {
        let Some(bell) = bell.filter(|_| self.is_htmx) else { return self.answer(flash) };
        let event = json!({ "bell": { "unread": bell.unread, "ids": bell.ids } });
        HttpResponse::NoContent().insert_header(("hx-trigger", event.to_string())).finish()
    }
}

impl FromRequest for ReturnPath {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sender = request.headers().get(REFERER).and_then(|sender| sender.to_str().ok());
        ready(Ok(Self {
            is_htmx: request.headers().contains_key("hx-request"),
            address: sender.and_then(own_page_path).unwrap_or_else(|| PAGE.into()),
        }))
    }
}

/// The path and query of `sender` if it is the page of notifications. The host is not checked, because forms
/// from other sites are refused anyway.
fn own_page_path(sender: &str) -> Option<String> {
    let sender = Url::parse(sender).ok().filter(|sender| sender.path() == PAGE)?;
    Some(match sender.query() {
        Some(query) => format!("{PAGE}?{query}"),
        None => PAGE.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_return_only_to_the_page_of_notifications() {
        let address = |sender| own_page_path(sender);
        assert_eq!(
            address("http://x/notifications?filter=errors").as_deref(),
            Some("/notifications?filter=errors")
        );
        assert_eq!(address("http://x/schedules?filter=errors"), None);
        assert_eq!(address("http://x/notifications/../login"), None);
        assert_eq!(address("//evil"), None);
    }
}
