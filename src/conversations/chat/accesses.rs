//! The browsers in which a customer opened their link: how a browser gets access, and how access ends.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, REFERRER_POLICY};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use diesel::pg::PgConnection;
use futures_util::future::LocalBoxFuture;

use super::Customer;
use super::browser::Browser;
use super::customer::Gone;
use super::pace::Paces;
use super::queries::{self, Entered};
use super::views::Accesses;
use crate::auth::sessions::Device;
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::{Posted, Shell, redirect, with_cookie};

/// A valid link in the address, and the browser that opened it. Links that are forged or revoked, or belong
/// to archived contacts or inactive channels, are answered with 404.
pub struct Followed {
    contact: ContactId,
    link_version: i32,
    browser: Browser,
}

impl FromRequest for Followed {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, browser) = (request.clone(), Browser::of(request));
        Box::pin(async move {
            let token = request.match_info().get("token").unwrap_or_default();
            let links =
                request.app_data::<web::Data<Links>>().ok_or_else(|| Error::unexpected("no Links"))?;
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let contact = Links::contact_of(token).ok_or(Gone::Link)?;
            Paces::admit(&request, contact)?;
            let link_version =
                db.run(move |conn| queries::link_version(conn, contact)).await?.ok_or(Gone::Link)?;
            match links.is_valid(token, contact, link_version) {
                true => Ok(Self { contact, link_version, browser }),
                false => Err(Gone::Link.into()),
            }
        })
    }
}

/// Exchanges the link for a cookie of this browser, and redirects to an address without the secret.
pub async fn enter(link: Followed, device: Device, db: web::Data<Db>) -> Result<HttpResponse> {
    let Followed { contact, link_version, browser } = link;
    let (known, (hash, cookie)) = (browser.token_hash(), browser.renewed());
    let entering = move |conn: &mut PgConnection| {
        queries::enter(conn, (contact, link_version), (known.as_deref(), &hash), &device)
    };
    let cookie = match db.transaction(entering).await? {
        Entered::Before => None,
        Entered::Anew => Some(cookie),
    };
    let mut answer = redirect(&Links::page(contact));
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(with_cookie(answer, cookie))
}

pub async fn index(customer: Customer, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let contact = customer.id;
    let open = db.run(move |conn| queries::accesses(conn, contact)).await?;
    let view = Accesses::new(&customer, open);
    shell.fragment(StatusCode::OK, view)
}

/// Ends the access of all other browsers. Each can get access again through the link.
pub async fn end_others(customer: Customer, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let page = format!("{}/accesses", customer.path);
    db.transaction(move |conn| queries::end_others(conn, customer.id, customer.access)).await?;
    Ok(redirect(&page))
}

/// Ends the access of this browser. It needs the link again.
pub async fn leave(customer: Customer, _: Posted, db: web::Data<Db>) -> Result<HttpResponse> {
    let path = customer.path.clone();
    db.transaction(move |conn| queries::leave(conn, customer.id, customer.access)).await?;
    Ok(redirect(&path))
}
