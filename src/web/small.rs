//! Prevents the compression of small responses.

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::middleware::Next;

/// Minimum bytes of a response to compress. A smaller one fits into one packet anyway.
const WORTH_COMPRESSING: u64 = 1_000;

/// Middleware: marks a small response as not to be compressed.
pub async fn stay_plain(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let is_small = match response.response().body().size() {
        BodySize::Sized(size) => (1..WORTH_COMPRESSING).contains(&size),
        BodySize::None | BodySize::Stream => false,
    };
    if is_small && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    }
    Ok(response)
}
