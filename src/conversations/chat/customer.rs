//! The customer, identified by the cookie that their link was exchanged for.

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::browser::Browser;
use super::queries::{self, Profile};
use super::rate_limits::ChatRateLimits;
use crate::channels::Colour;
use crate::clock::Zone;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::Error;
use crate::files::ContentHash;
use crate::ids::{ContactId, CustomerAccessId};
use crate::web::{client_ip, redirect};

/// The customer whose contact is in the address, in a browser in which they opened their link. It is the
/// public counterpart of `Viewer`. The answer is 404 for browsers without access, archived contacts and
/// inactive channels.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: ContactId,
    /// The access of this browser.
    pub access: CustomerAccessId,
    /// The path of their page.
    pub path: String,
    /// The department that serves them.
    pub department: String,
    pub company: String,
    /// The channel's name for customers; if empty, the department's name is shown.
    pub public_name: String,
    pub colour: Option<Colour>,
    pub greeting: String,
    pub logo: Option<ContentHash>,
    pub zone: Zone,
    /// The network address that the request comes from, as text.
    pub ip: String,
    /// Whether the customer exceeded the request limit. Then a request that sends a message is still handled, so
    /// that its text can be kept. All others are refused earlier.
    pub has_exceeded_limit: bool,
}

impl FromRequest for Customer {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, browser) = (request.clone(), Browser::of(request));
        Box::pin(async move {
            let contact = request.match_info().get("contact").and_then(|id| id.parse().ok());
            let (Some(contact), Some(token_hash)) = (contact, browser.token_hash()) else {
                return Err(NoAccess::Browser.into());
            };
            let admitted = ChatRateLimits::admit(&request, contact);
            let has_exceeded_limit = admitted.is_err();
            let sends_message = request.method() == Method::POST && request.path().ends_with("/messages");
            if !sends_message {
                admitted?;
            }
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let hash = token_hash.clone();
            let profile = db.run(move |conn| queries::profile(conn, contact, &hash)).await?;
            let Some(profile) = profile else {
                // An open page of a contact that was merged goes on as the other's when it is loaded again.
                let is_page = request.method() == Method::GET && request.path() == Links::page(contact);
                let kept = match is_page {
                    true => db.run(move |conn| queries::moved_to(conn, contact, &token_hash)).await?,
                    false => None,
                };
                return Err(kept.map_or(NoAccess::Browser, NoAccess::Moved).into());
            };
            Ok(Self { has_exceeded_limit, ..Self::of(profile, contact, client_ip(&request)) })
        })
    }
}

impl Customer {
    fn of(profile: Profile, id: ContactId, ip: String) -> Self {
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
            ip,
            has_exceeded_limit: false,
        }
    }
}

/// The request has no access. Which variant it is depends on the address alone, so the answer does not reveal which
/// contacts exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser has no access")]
pub(super) enum NoAccess {
    /// The link is wrong or no longer valid.
    Link,
    /// This browser did not open the link, lost its access, or keeps no cookies.
    Browser,
    /// The contact was merged into another one, whose page this browser may open.
    Moved(ContactId),
}

#[derive(Template)]
#[template(path = "conversations/chat/no_access.html")]
struct NoAccessPage {
    is_link: bool,
}

impl ResponseError for NoAccess {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Moved(_) => StatusCode::SEE_OTHER,
            Self::Link | Self::Browser => StatusCode::NOT_FOUND,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        if let Self::Moved(kept) = self {
            return redirect(&Links::page(*kept));
        }
        let body = NoAccessPage { is_link: *self == Self::Link }.render().unwrap_or_default();
        HttpResponse::NotFound()
            .insert_header(("referrer-policy", "no-referrer"))
            .content_type("text/html; charset=utf-8")
            .body(body)
    }
}
