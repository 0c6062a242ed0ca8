//! The server-sent event streams.

use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use actix_session::Session;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};

use super::hub::Hub;
use super::message::retry;
use super::streams::EventStream;
use crate::auth::{SignedIn, sessions};
use crate::connections::{Connection, Connections, Owner};
use crate::conversations::chat::Customer;
use crate::error::{Error, Result};

/// Reconnect delay in milliseconds. It is random, so that clients that were disconnected together do not
/// return together.
const RECONNECT_DELAY_MS: Range<u32> = 500..2_000;

/// Seconds after which a client that was refused a stream may try again.
const RETRY_AFTER_SECONDS: i64 = 15;

/// The stream of a user.
///
/// # Errors
/// `LoginRequired`; `TooMany` if the user or the process has the maximum number of streams.
pub async fn user(
    SignedIn(user): SignedIn,
    session: Session,
    hub: web::Data<Hub>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    answer(hub.open_for_user(user, sessions::current(&session)), &request)
}

/// The stream of a customer, about their conversation.
///
/// # Errors
/// 404 without access; `TooMany` if the browser or the process has the maximum number of streams.
pub async fn customer(
    customer: Customer,
    hub: web::Data<Hub>,
    connections: web::Data<Connections>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    if let Some(connection) = request.conn_data::<Arc<Connection>>() {
        connections.recognise(connection, Owner::Customer(customer.id));
    }
    answer(hub.open_for_customer(customer.id, customer.access), &request)
}

/// Starts the response. `identity` prevents compression, which would delay events.
fn answer<K: Copy + Eq + Hash + Unpin + 'static>(
    events: Option<EventStream<K>>,
    request: &HttpRequest,
) -> Result<HttpResponse> {
    let events = events.ok_or(Error::TooMany { seconds: RETRY_AFTER_SECONDS })?;
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    connection.iter().for_each(|connection| connection.begins_stream());
    let pause = rand::random_range(RECONNECT_DELAY_MS);
    let first = stream::iter([Ok(retry(pause))]);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(first.chain(events.until_closed(connection))))
}
