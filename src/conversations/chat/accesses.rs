//! The browsers in which a customer opened their link: how a browser gets access, and how access ends.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, REFERRER_POLICY};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;

use super::browser::Browser;
use super::customer::NoAccess;
use super::enter::{Entry, Link, Tokens, enter};
use super::rate_limits::ChatRateLimits;
use super::views::Accesses;
use super::{Customer, end_access, queries};
use crate::auth::sessions::Device;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::web::{Posted, Shell, redirect, with_cookie};

/// A valid link in the address, and the browser that opened it. Links that are forged or revoked, or belong
/// to archived contacts or inactive channels, are answered with 404.
pub struct ValidLink {
    link: Link,
    browser: Browser,
}

impl FromRequest for ValidLink {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, browser) = (request.clone(), Browser::of(request));
        Box::pin(async move {
            let token = request.match_info().get("token").unwrap_or_default();
            let links =
                request.app_data::<web::Data<Links>>().ok_or_else(|| Error::unexpected("no Links"))?;
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let contact = Links::contact_of(token).ok_or(NoAccess::Link)?;
            ChatRateLimits::admit(&request, contact)?;
            let target =
                db.run(move |conn| queries::link_target(conn, contact)).await?.ok_or(NoAccess::Link)?;
            let link = Link { contact: target.opens, version: target.opens_version };
            match links.is_valid(token, contact, target.version) {
                true => Ok(Self { link, browser }),
                false => Err(NoAccess::Link.into()),
            }
        })
    }
}

pub async fn index(customer: Customer, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let contact = customer.id;
    let open = db.run(move |conn| queries::accesses(conn, contact)).await?;
    let view = Accesses::new(&customer, open);
    shell.fragment(StatusCode::OK, view)
}

/// Exchanges the link for a cookie of this browser, and redirects to an address without the secret.
pub async fn create(valid: ValidLink, device: Device, db: web::Data<Db>) -> Result<HttpResponse> {
    let ValidLink { link, browser } = valid;
    let (next, cookie) = browser.renewed();
    let tokens = Tokens { current: browser.token_hash(), next };
    let cookie = match db.transaction(move |conn| enter(conn, link, &tokens, &device)).await? {
        Entry::Existing => None,
        Entry::New => Some(cookie),
    };
    let mut answer = redirect(&Links::page(link.contact));
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(with_cookie(answer, cookie))
}

/// Ends the access of all other browsers. Each can get access again through the link.
pub async fn destroy_others(customer: Customer, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let page = format!("{}/accesses", customer.path);
    db.transaction(move |conn| end_access::end_others(conn, customer.id, customer.access)).await?;
    Ok(redirect(&page))
}
