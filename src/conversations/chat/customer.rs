//! Who comes with the cookie that a customer's link was exchanged for.

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::browser::Browser;
use super::pace::Paces;
use super::queries::{self, Profile};
use crate::channels::Colour;
use crate::clock::Zone;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::Error;
use crate::files::ContentHash;
use crate::ids::{ContactId, CustomerAccessId};

/// The customer whose contact is in the address, in a browser that they opened their link in: the public
/// counterpart of `Viewer`. Browsers without the cookie, those that were shut out, archived contacts and inactive
/// channels are answered 404.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: ContactId,
    /// This browser.
    pub access: CustomerAccessId,
    /// The path of their page.
    pub path: String,
    /// Who serves them.
    pub department: String,
    pub company: String,
    /// How the channel calls itself; empty for the department's name.
    pub public_name: String,
    pub colour: Option<Colour>,
    pub greeting: String,
    pub logo: Option<ContentHash>,
    pub zone: Zone,
    /// They ask too fast. Only who sends a message comes so far, so that the text is kept.
    pub is_too_fast: bool,
}

impl FromRequest for Customer {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, browser) = (request.clone(), Browser::of(request));
        Box::pin(async move {
            let contact = request.match_info().get("contact").and_then(|id| id.parse().ok());
            let (Some(contact), Some(token_hash)) = (contact, browser.token_hash()) else {
                return Err(Gone::Browser.into());
            };
            let pace = Paces::admit(&request, contact);
            let is_too_fast = pace.is_err();
            let sends = request.method() == Method::POST && request.path().ends_with("/messages");
            pace.or_else(|error| if sends { Ok(()) } else { Err(error) })?;
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let profile = db.run(move |conn| queries::profile(conn, contact, &token_hash)).await?;
            let profile = profile.ok_or(Gone::Browser)?;
            Ok(Self { is_too_fast, ..Self::of(profile, contact) })
        })
    }
}

impl Customer {
    fn of(profile: Profile, id: ContactId) -> Self {
        Self {
            id,
            access: profile.access,
            path: Links::page(id),
            department: profile.department,
            company: profile.company,
            public_name: profile.public_name,
            colour: profile.colour.parse().ok(),
            greeting: profile.greeting,
            logo: profile.logo,
            zone: Zone::named(&profile.time_zone),
            is_too_fast: false,
        }
    }
}

/// Nobody is let in. Which of the two it is follows from the address alone, so that nobody learns which contacts
/// there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no customer comes so")]
pub(super) enum Gone {
    /// The link opens nothing, or no longer.
    Link,
    /// This browser has not opened the link, was shut out, or keeps no cookies.
    Browser,
}

#[derive(Template)]
#[template(path = "chat/gone.html")]
struct GonePage {
    is_link: bool,
}

impl ResponseError for Gone {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let body = GonePage { is_link: *self == Self::Link }.render().unwrap_or_default();
        HttpResponse::NotFound()
            .insert_header(("referrer-policy", "no-referrer"))
            .content_type("text/html; charset=utf-8")
            .body(body)
    }
}
