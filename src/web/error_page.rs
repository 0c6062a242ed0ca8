//! The one place that turns an error into an answer.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::return_path::login_path;
use crate::error::Error;
use crate::keys;

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    status: u16,
    title: &'static str,
    text: &'static str,
    code: Option<String>,
    goes_home: bool,
}

/// The code of an unexpected error, attached to its response.
pub struct ErrorCode(pub String);

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::ForeignRequest => StatusCode::FORBIDDEN,
            Self::LoginRequired { is_htmx: true, .. } => StatusCode::UNAUTHORIZED,
            Self::LoginRequired { .. } => StatusCode::SEE_OTHER,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Collision(_) | Self::Unavailable(_) | Self::Outdated(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        // No redirect for htmx: the script must first check whether the user is typing on the page.
        if let Self::LoginRequired { next, is_htmx } = self {
            if !is_htmx && let Ok(value) = HeaderValue::from_str(&login_path(next)) {
                response.insert_header((LOCATION, value));
            }
            return response.finish();
        }
        if let Self::TooMany { seconds } = self {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        let code = match self {
            Self::Unexpected(cause) => Some(log_with_code(cause)),
            Self::Collision(cause) | Self::Unavailable(cause) | Self::Outdated(cause) => {
                tracing::warn!(cause, "a request was answered 503");
                response.insert_header(("Retry-After", "2"));
                None
            }
            _ => None,
        };
        let (title, text) = title_and_text(self);
        let page = ErrorPage {
            status: self.status_code().as_u16(),
            title,
            text,
            code,
            goes_home: !self.is_temporary() && !matches!(self, Self::Unexpected(_) | Self::WrongHost),
        };
        let body = page.render().unwrap_or_else(|_| format!("{title}. {text}"));
        let mut response = response.content_type("text/html; charset=utf-8").body(body);
        if let Some(code) = page.code {
            response.extensions_mut().insert(ErrorCode(code));
        }
        response
    }
}

/// Logs the cause under a code that the visitor can quote to an administrator.
fn log_with_code(cause: &dyn fmt::Display) -> String {
    let bytes = keys::random_bytes::<4>();
    let code = format!("{:02X}{:02X}-{:02X}{:02X}", bytes[0], bytes[1], bytes[2], bytes[3]);
    tracing::error!(code, cause = %cause, "a request was answered 500");
    code
}

/// Title and text of the error page.
pub fn title_and_text(error: &Error) -> (&'static str, &'static str) {
    match error {
        Error::NotFound => {
            ("Página não encontrada", "O endereço pode ter mudado ou o registro foi removido.")
        }
        Error::Forbidden => (
            "Você não tem acesso a esta página",
            "Seu cargo não permite usar esta área. Peça ao administrador para habilitar em Cargos.",
        ),
        Error::LoginRequired { .. } => ("Entre para continuar", "Sua sessão terminou."),
        Error::ForeignRequest => (
            "Não foi possível confirmar o envio",
            "Nada foi alterado. Volte, copie o que você preencheu e abra a página de novo pelo menu.",
        ),
        Error::BadRequest => {
            ("Não foi possível entender o pedido", "Volte, confira os dados e tente de novo.")
        }
        Error::Encoded => ("Não foi possível entender o pedido", "Envie o conteúdo sem compactação."),
        Error::WrongHost => {
            ("Este não é o endereço do sistema", "Abra o sistema pelo endereço que o administrador informou.")
        }
        Error::TooLarge => ("Conteúdo grande demais", "Reduza o tamanho e tente de novo."),
        Error::Conflict => ("O registro mudou", "Alguém alterou este registro. Recarregue e confira."),
        Error::TooMany { .. } => ("Muitas tentativas", "Aguarde um pouco e tente de novo."),
        Error::Collision(_) | Error::Unavailable(_) | Error::Outdated(_) => (
            "Serviço indisponível no momento",
            "Tente de novo em instantes. O que já foi salvo está guardado.",
        ),
        Error::Unexpected(_) => ("Algo deu errado do nosso lado", "Tente de novo em instantes."),
    }
}
