//! A form that could not be saved for now comes back, to be sent again: nothing typed is lost.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use futures_util::stream;

use super::Fields;
use super::csrf::posted_body;
use crate::error::send_again;

/// Middleware: where a page's form meets trouble that passes (503), the answer holds what was typed and a
/// button that sends it again. htmx leaves the page as it is, and passwords are in no page.
///
/// # Errors
/// What the inner service returns, or a body that cannot be read.
pub async fn offer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if !is_form(&request) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let body = {
        let (request, payload) = request.parts_mut();
        posted_body(request, payload).await?
    };
    request.set_payload(replayed(body.clone()));
    let action = request.uri().to_string();
    let page = || {
        let fields =
            Fields::parse(&body).filter(|fields| !fields.iter().any(|(name, _)| name.contains("password")));
        fields.map(|fields| send_again(&action, &fields))
    };
    match next.call(request).await {
        Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => Ok(match page() {
            Some(page) => response.into_response(page),
            None => response.map_into_boxed_body(),
        }),
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) if error.as_response_error().status_code() == StatusCode::SERVICE_UNAVAILABLE => {
            match page() {
                Some(page) => Err(InternalError::from_response(error, page).into()),
                None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether a page without scripts would show the answer in its own place.
fn is_form(request: &ServiceRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded") && !request.headers().contains_key("hx-request")
}

fn replayed(body: Bytes) -> Payload {
    Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) }
}
