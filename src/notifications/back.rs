//! Where a form without htmx redirects to.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::REFERER;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use url::Url;

use super::PAGE;
use crate::error::Error;
use crate::web::{redirect, redirect_with};

/// The address of the page that sent the form, with its filter, and whether htmx sent it.
pub struct Back {
    pub is_htmx: bool,
    address: String,
}

impl Back {
    pub fn answer(&self, flash: Option<&'static str>) -> HttpResponse {
        match flash {
            Some(flash) => redirect_with(&self.address, flash),
            None => redirect(&self.address),
        }
    }
}

impl FromRequest for Back {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sender = request.headers().get(REFERER).and_then(|sender| sender.to_str().ok());
        ready(Ok(Self {
            is_htmx: request.headers().contains_key("hx-request"),
            address: sender.and_then(part_of_page).unwrap_or_else(|| PAGE.into()),
        }))
    }
}

/// The path and query of `sender` if it is the page of notifications. The host is not checked, because forms
/// from other sites are refused anyway.
fn part_of_page(sender: &str) -> Option<String> {
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
    fn only_the_page_itself_is_led_back_to() {
        let address = |sender| part_of_page(sender);
        assert_eq!(
            address("http://x/notifications?filter=errors").as_deref(),
            Some("/notifications?filter=errors")
        );
        assert_eq!(address("http://x/schedules?filter=errors"), None);
        assert_eq!(address("http://x/notifications/../login"), None);
        assert_eq!(address("//evil"), None);
    }
}
