//! Who follows a customer's link.

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::queries::{self, Profile};
use crate::channels::Colour;
use crate::clock::Zone;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::Error;
use crate::files::ContentHash;
use crate::ids::ContactId;

/// The customer whose link is in the address: the public counterpart of `Viewer`. Links that are
/// forged or revoked, of archived contacts or of inactive channels are answered 404.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: ContactId,
    pub link_version: i32,
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
}

impl FromRequest for Customer {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let token = request.match_info().get("token").unwrap_or_default();
            let links =
                request.app_data::<web::Data<Links>>().ok_or_else(|| Error::unexpected("no Links"))?;
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let contact = Links::contact_of(token).ok_or(Gone)?;
            let profile = db.run(move |conn| queries::profile(conn, contact)).await?.ok_or(Gone)?;
            if !links.is_valid(token, contact, profile.link_version) {
                return Err(Gone.into());
            }
            Ok(Self::of(profile, contact, links))
        })
    }
}

impl Customer {
    fn of(profile: Profile, id: ContactId, links: &Links) -> Self {
        Self {
            id,
            path: links.path(id, profile.link_version),
            link_version: profile.link_version,
            department: profile.department,
            company: profile.company,
            public_name: profile.public_name,
            colour: profile.colour.parse().ok(),
            greeting: profile.greeting,
            logo: profile.logo,
            zone: Zone::named(&profile.time_zone),
        }
    }
}

/// The link opens nothing, or no longer.
#[derive(Debug, thiserror::Error)]
#[error("no customer has this link")]
struct Gone;

#[derive(Template)]
#[template(path = "chat/gone.html")]
struct GonePage;

impl ResponseError for Gone {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let body = GonePage.render().unwrap_or_default();
        HttpResponse::NotFound().content_type("text/html; charset=utf-8").body(body)
    }
}
