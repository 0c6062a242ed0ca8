//! Returns a form that could not be saved because of a 503, with a button to send it again, so that no typed
//! text is lost.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use askama::Template;

use super::ResubmissionPage;
use super::posted_form::PostedForm;

const UNSURE: &str = "Não foi possível confirmar se foi salvo. O que você digitou está guardado nesta página";
const WHOLE: &str = ": confira e envie de novo em instantes.";
const WITHOUT_FILES: &str = ", menos os arquivos: volte ao formulário e escolha os arquivos de novo.";

/// Middleware: keeps the fields of a posted form in its request. If the form is answered 503, replaces the answer
/// by a page with the typed text and a button that sends it again. Passwords are left out. A 503 page that the
/// handler wrote itself is not replaced.
pub async fn offer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    PostedForm::keep(&mut request).await?;
    let Some(form) = PostedForm::of(&request) else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
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
    let form = form.recover().await?;
    if form.asks_for_a_password() && form.is_blank() {
        return None;
    }
    let end = if form.has_files { WITHOUT_FILES } else { WHOLE };
    let page = ResubmissionPage::of(action, form.fields.get("csrf").to_owned(), &form)
        .because("Serviço indisponível no momento", format!("{UNSURE}{end}"));
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "2")).content_type("text/html; charset=utf-8");
    Some(response.body(page.render().ok()?))
}
