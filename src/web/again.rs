//! A form that could not be saved for now comes back, to be sent again: nothing typed is lost.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse};
use futures_util::stream;

use super::Fields;
use super::csrf::posted_body;
use super::unsent::{Body, Left, Unsent};
use crate::error::send_again;

/// A form that nobody read is looked through for so long at most.
const LATE: Duration = Duration::from_secs(10);

/// Middleware: where a page's form meets trouble that passes (503), the answer holds what was typed and a
/// button that sends it again. htmx leaves the page as it is, and passwords are in no page. A page of its
/// own with that status stays as it is.
///
/// # Errors
/// What the inner service returns, or a body that cannot be read.
pub async fn offer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(form) = Form::of(&mut request).await? else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let action = request.uri().to_string();
    match next.call(request).await {
        Ok(response) if is_trouble(response.response().error()) => Ok(match form.page(&action).await {
            Some(page) => response.into_response(page),
            None => response.map_into_boxed_body(),
        }),
        Err(error) if is_trouble(Some(&error)) => match form.page(&action).await {
            Some(page) => Err(InternalError::from_response(error, page).into()),
            None => Err(error),
        },
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => Err(error),
    }
}

fn is_trouble(error: Option<&actix_web::Error>) -> bool {
    error.is_some_and(|error| error.as_response_error().status_code() == StatusCode::SERVICE_UNAVAILABLE)
}

/// A form whose answer a page without scripts would show in its own place.
enum Form {
    Plain(Bytes),
    WithFiles(Unsent, Body),
}

impl Form {
    async fn of(request: &mut ServiceRequest) -> Result<Option<Self>, actix_web::Error> {
        if request.headers().contains_key("hx-request") {
            return Ok(None);
        }
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("application/x-www-form-urlencoded") {
            let (head, payload) = request.parts_mut();
            let body = posted_body(head, payload).await?;
            request.set_payload(replayed(body.clone()));
            return Ok(Some(Self::Plain(body)));
        }
        if kind.starts_with("multipart/form-data") {
            let unsent = Unsent::default();
            request.extensions_mut().insert(unsent.clone());
            return Ok(Some(Self::WithFiles(unsent, Body::share(request))));
        }
        Ok(None)
    }

    /// The page that offers it again.
    async fn page(self, action: &str) -> Option<HttpResponse> {
        let left = match self {
            Self::Plain(body) => Fields::parse(&body).map(|fields| Left { fields, loses_files: false }),
            Self::WithFiles(unsent, body) => match unsent.take() {
                Some(left) => Some(left),
                None => timeout(LATE, body.left()).await.ok().flatten(),
            },
        };
        let left = left.filter(|left| !left.fields.iter().any(|(name, _)| name.contains("password")))?;
        Some(send_again(action, &left))
    }
}

fn replayed(body: Bytes) -> Payload {
    Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) }
}
