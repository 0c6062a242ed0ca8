//! Events that the other side sends. They come from a program, not from a browser: their signature proves who sent
//! them, and answers are plain text.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;

use super::event::ReceivedEvent;
use super::queries;
use super::rate_limit::InboxRateLimit;
use super::signature::{SignedHead, SigningSecrets};
use crate::auth::Anyone;
use crate::channels::{SecretCipher, Secrets};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::inbox::store;

/// Maximum bytes of an event.
const MAX_BODY: usize = 1024 * 1024;

/// Maximum time to receive an event.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Maximum characters of an event's id.
const MAX_ID: usize = 200;

/// Stores an event with one INSERT and answers. A repeated event gets the same answer.
pub async fn create(
    _: Anyone,
    (request, channel): (HttpRequest, web::Path<ChannelId>),
    payload: web::Payload,
    db: web::Data<Db>,
    cipher: web::Data<SecretCipher>,
) -> Result<HttpResponse> {
    InboxRateLimit::admit(&request)?;
    let channel = *channel;
    let sealed = db.run(move |conn| queries::sealed_secrets(conn, channel)).await?;
    let secrets = match sealed {
        Some(sealed) => cipher.decrypt(channel, &sealed)?,
        None => Secrets::default(),
    };
    let Some(head) = signed_head(&request) else { return Ok(unsigned()) };
    let body = body(payload).await?;
    let is_signed = SigningSecrets::of(&secrets)
        .is_some_and(|secrets| secrets.verify(head, &body, Utc::now().timestamp()));
    if !is_signed {
        return Ok(unsigned());
    }
    if let Err(problem) = ReceivedEvent::parse(&body) {
        return Ok(answer(StatusCode::BAD_REQUEST, &problem));
    }
    let id = head.id.to_owned();
    db.transaction(move |conn| store(conn, channel, &id, &body)).await?;
    Ok(answer(StatusCode::OK, "ok"))
}

/// The three headers of Standard Webhooks. `None` if one is missing, or the id is too long.
fn signed_head(request: &HttpRequest) -> Option<SignedHead<'_>> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let head = SignedHead {
        id: header("webhook-id")?,
        timestamp: header("webhook-timestamp")?,
        signature: header("webhook-signature")?,
    };
    (1..=MAX_ID).contains(&head.id.len()).then_some(head)
}

async fn body(payload: web::Payload) -> Result<web::Bytes> {
    let body = timeout(BODY_TIME, payload.to_bytes_limited(MAX_BODY)).await.map_err(|_| Error::BadRequest)?;
    body.map_err(|_| Error::TooLarge)?.map_err(|_| Error::BadRequest)
}

fn unsigned() -> HttpResponse {
    answer(StatusCode::UNAUTHORIZED, "the signature is missing, wrong, or older than 5 minutes")
}

fn answer(status: StatusCode, text: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(format!("{text}\n"))
}
