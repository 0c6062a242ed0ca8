//! Returns a form that could not be saved because of a 503, with a button to send it again, so that no typed
//! text is lost.

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
use askama::Template;
use futures_util::stream;

use super::csrf::posted_body;
use super::recovered_form::{RecoveredForm, RecoverySlot, SharedBody};
use super::{Fields, ResubmissionPage};

/// Maximum time to read the fields of a form that no handler has read.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

const UNSURE: &str = "Não foi possível confirmar se foi salvo. O que você digitou está guardado nesta página";
const WHOLE: &str = ": confira e envie de novo em instantes.";
const WITHOUT_FILES: &str = ", menos os arquivos: volte ao formulário e escolha os arquivos de novo.";

/// Middleware: if a page's form is answered 503, replaces the answer by a page with the typed text and a
/// button that sends it again. Passwords are left out. Forms that htmx sent are not changed, because htmx
/// keeps the page open. A 503 page that the handler wrote itself is not replaced.
pub async fn offer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(form) = PostedForm::of(&mut request).await? else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    request.extensions_mut().insert(form.clone());
    let action = request.uri().to_string();
    match next.call(request).await {
        Ok(response) if is_unavailable(response.response().error()) => Ok(match page(form, &action).await {
            Some(page) => response.into_response(page),
            None => response.map_into_boxed_body(),
        }),
        Err(error) if is_unavailable(Some(&error)) => match page(form, &action).await {
            Some(page) => Err(InternalError::from_response(error, page).into()),
            None => Err(error),
        },
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => Err(error),
    }
}

fn is_unavailable(error: Option<&actix_web::Error>) -> bool {
    error.is_some_and(|error| error.as_response_error().status_code() == StatusCode::SERVICE_UNAVAILABLE)
}

/// The page for a form that may have been saved: the connection to the database may have failed during the
/// commit.
async fn page(form: PostedForm, action: &str) -> Option<HttpResponse> {
    let left = form.recover().await?;
    if left.asks_for_a_password() && left.is_blank() {
        return None;
    }
    let end = if left.loses_files { WITHOUT_FILES } else { WHOLE };
    let page = ResubmissionPage::of(action, left.fields.get("csrf").to_owned(), &left)
        .because("Serviço indisponível no momento", format!("{UNSURE}{end}"));
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "2")).content_type("text/html; charset=utf-8");
    Some(response.body(page.render().ok()?))
}

/// A posted form that was not sent by htmx, so that its answer replaces the page.
#[derive(Clone)]
pub enum PostedForm {
    Plain(Bytes),
    WithFiles(RecoverySlot, SharedBody),
}

impl PostedForm {
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
            let unsent = RecoverySlot::default();
            request.extensions_mut().insert(unsent.clone());
            return Ok(Some(Self::WithFiles(unsent, SharedBody::share(request))));
        }
        Ok(None)
    }

    /// The form's fields, even if no handler has read them.
    pub async fn recover(self) -> Option<RecoveredForm> {
        match self {
            Self::Plain(body) => {
                Fields::parse(&body).map(|fields| RecoveredForm { fields, loses_files: false })
            }
            Self::WithFiles(unsent, body) => match unsent.take() {
                Some(left) => Some(left),
                None => timeout(READ_TIMEOUT, body.recover()).await.ok().flatten(),
            },
        }
    }
}

fn replayed(body: Bytes) -> Payload {
    Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) }
}
