//! The streams of server-sent events.

use std::hash::Hash;
use std::ops::Range;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use futures_util::{StreamExt, stream};

use super::hub::Hub;
use super::message::retry;
use super::queries;
use super::streams::EventStream;
use crate::auth::{Anyone, Viewer};
use crate::contacts::Links;
use crate::db::Db;
use crate::error::{Error, Result};

/// Milliseconds; clients that lost their streams together come back spread over this time.
const COME_BACK_WITHIN: Range<u32> = 500..2_000;

/// What happens that the viewer may know of.
///
/// # Errors
/// `LoginRequired`.
pub async fn user(viewer: Viewer, hub: web::Data<Hub>) -> Result<HttpResponse> {
    Ok(answer(hub.open_for_user(viewer.id)))
}

/// What happens in the conversation of the customer who holds the link.
///
/// # Errors
/// `NotFound` for a link that was never given, was revoked, or whose contact is archived.
pub async fn customer(
    _: Anyone,
    token: web::Path<String>,
    links: web::Data<Links>,
    hub: web::Data<Hub>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let contact = Links::contact_of(&token).ok_or(Error::NotFound)?;
    let version = db.run(move |conn| Ok(queries::open_links(conn, &[contact])?.pop())).await?;
    let version = version.map(|(_, version)| version).ok_or(Error::NotFound)?;
    if !links.is_valid(&token, contact, version) {
        return Err(Error::NotFound);
    }
    Ok(answer(hub.open_for_customer(contact, version)))
}

/// Compression would hold events back; `identity` keeps it away.
fn answer<K: Copy + Eq + Hash + Unpin + 'static>(events: EventStream<K>) -> HttpResponse {
    let pause = rand::random_range(COME_BACK_WITHIN);
    let first = stream::iter([Ok(retry(pause))]);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(first.chain(events))
}
