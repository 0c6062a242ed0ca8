//! Returns a form that was refused because of who sent it, so that the typed text is not lost.
//!
//! This happens when the session has ended, another user has signed in, a permission was withdrawn, or the
//! page is older than the browser's cookie. The user who filled in the form sees it again at once, with a
//! button that sends it. If somebody else or nobody is signed in, the sign-in page holds the form encrypted,
//! and only its owner can open it.
//!
//! Only forms that came from our own pages are kept: the browser's headers must say so, and the CSRF token
//! must be the user's. So no other site can have its own form offered here.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::handlers::sign_in_to_send;
use crate::error::Error;
use crate::ids::UserId;
use crate::web::{
    Csrf, ErrorCode, FormCipher, PostedForm, RecoveredForm, ResubmissionPage, SealedForm, is_proven_own,
    title_and_text, user_of,
};

/// Middleware inside the session middleware.
pub async fn recover_forms(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let form = PostedForm::of(&request);
    let form = form.filter(|_| is_proven_own(request.headers()));
    let response = next.call(request).await?.map_into_boxed_body();
    let (Some(form), Some(refusal)) = (form, FormRefusal::of(&response)) else { return Ok(response) };
    let request = response.request().clone();
    match answer(&request, form, refusal).await {
        Some(page) => Ok(response.into_response(page)),
        None => Ok(response),
    }
}

/// Why a form was refused, if the reason is not in the form itself.
struct FormRefusal {
    status: StatusCode,
    title: &'static str,
    text: &'static str,
    code: Option<String>,
    can_send: bool,
}

const NOT_LOST: &str = "O que você preencheu está abaixo.";

impl FormRefusal {
    fn of(response: &ServiceResponse<BoxBody>) -> Option<Self> {
        let response = response.response();
        let error = response.error()?;
        let status = response.status();
        let Some(error) = error.as_error::<Error>() else {
            return (status == StatusCode::NOT_FOUND).then_some(Self {
                status,
                title: "Esta conversa não está disponível",
                text: "Sua mensagem não foi enviada. O link pode ter sido trocado: peça um novo a quem atende você.",
                code: None,
                can_send: false,
            });
        };
        let (title, text) = match error {
            Error::ForeignRequest => {
                ("Confira e envie de novo", "Não foi possível confirmar o envio. Nada foi alterado.")
            }
            Error::LoginRequired { .. }
            | Error::Forbidden
            | Error::NotFound
            | Error::Conflict
            | Error::TooMany { .. }
            | Error::Unexpected(_) => title_and_text(error),
            Error::BadRequest
            | Error::Encoded
            | Error::WrongHost
            | Error::TooLarge
            | Error::Collision(_)
            | Error::Unavailable(_)
            | Error::Outdated(_) => return None,
        };
        let code = response.extensions().get::<ErrorCode>().map(|code| code.0.clone());
        Some(Self { status, title, text, code, can_send: true })
    }

    fn is_login_redirect(&self) -> bool {
        self.status == StatusCode::SEE_OTHER
    }
}

async fn answer(request: &HttpRequest, form: PostedForm, refusal: FormRefusal) -> Option<HttpResponse> {
    let posted = form.recover().await.filter(|posted| !posted.is_blank())?;
    let csrf = request.app_data::<web::Data<Csrf>>()?;
    let owner = csrf.owner(posted.fields.get("csrf"))?;
    let (user, action) = (user_of(request), request.uri().to_string());
    if owner != user && owner != 0 {
        let cipher = request.app_data::<web::Data<FormCipher>>()?;
        let sealed = cipher.encrypt(&SealedForm::of(owner, &action, &posted))?;
        return sign_in_to_send(request, sealed).await.ok();
    }
    if refusal.is_login_redirect() {
        return None;
    }
    owner_page(request, csrf, &action, &posted, refusal)
}

/// The page for a sealed form of `user`, who has just signed in. `None` if the form is not theirs.
pub(super) fn sealed_form_page(request: &HttpRequest, user: UserId, sealed: &str) -> Option<HttpResponse> {
    let cipher = request.app_data::<web::Data<FormCipher>>()?;
    let kept = cipher.decrypt(sealed).filter(|kept| kept.belongs_to(user.0))?;
    let (token, cookie) = request.app_data::<web::Data<Csrf>>()?.token(request);
    page(StatusCode::OK, kept.page(&token), cookie)
}

/// The page with the form, for the user who filled it in.
fn owner_page(
    request: &HttpRequest,
    csrf: &Csrf,
    action: &str,
    posted: &RecoveredForm,
    refusal: FormRefusal,
) -> Option<HttpResponse> {
    let (token, cookie) = csrf.token(request);
    let page = ResubmissionPage::of(action, token, posted)
        .because(refusal.title, format!("{} {NOT_LOST}", refusal.text))
        .with_code(refusal.code);
    let page = if refusal.can_send { page } else { page.read_only() };
    self::page(refusal.status, page, cookie)
}

fn page(status: StatusCode, page: ResubmissionPage, cookie: Option<Cookie<'static>>) -> Option<HttpResponse> {
    let mut response = HttpResponse::build(status);
    if let Some(cookie) = cookie {
        response.cookie(cookie);
    }
    Some(response.content_type("text/html; charset=utf-8").body(page.render().ok()?))
}
