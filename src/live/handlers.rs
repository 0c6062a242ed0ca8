//! The streams of server-sent events.

use std::hash::Hash;
use std::ops::Range;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use futures_util::{StreamExt, stream};

use super::hub::Hub;
use super::message::retry;
use super::streams::EventStream;
use crate::auth::SignedIn;
use crate::conversations::chat::Customer;
use crate::error::Result;

/// Milliseconds; clients that lost their streams together come back spread over this time.
const COME_BACK_WITHIN: Range<u32> = 500..2_000;

/// What happens that the user may know of.
///
/// # Errors
/// `LoginRequired`.
pub async fn user(SignedIn(user): SignedIn, hub: web::Data<Hub>) -> Result<HttpResponse> {
    Ok(answer(hub.open_for_user(user)))
}

/// What happens in the conversation of the customer who holds the link.
///
/// # Errors
/// 404 without a valid link.
pub async fn customer(customer: Customer, hub: web::Data<Hub>) -> Result<HttpResponse> {
    Ok(answer(hub.open_for_customer(customer.id, customer.link_version)))
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
