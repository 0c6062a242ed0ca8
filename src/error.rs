//! The application's only error type, and how it becomes a response.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::db::SqlState;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request could not be served. A failed validation is not an error: it is answered with 422 and the
/// form.
///
/// Any function that takes a connection can fail because the database is unreachable; the docs of those
/// functions do not repeat it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such record, or the viewer may not know of it.
    #[error("not found")]
    NotFound,
    /// The viewer's role lacks the permission.
    #[error("forbidden")]
    Forbidden,
    /// Nobody is signed in; after signing in, the visitor goes to `next`.
    #[error("sign-in required")]
    LoginRequired { next: String, is_htmx: bool },
    /// The form's token or origin is not ours.
    #[error("the request does not come from our own page")]
    ForeignRequest,
    /// The request cannot be read.
    #[error("bad request")]
    BadRequest,
    /// The body has a `Content-Encoding`. Browsers never send one.
    #[error("a body with an encoding")]
    Encoded,
    /// The request names a host that is not our public address.
    #[error("a request for another host")]
    WrongHost,
    /// The body is larger than the page allows.
    #[error("payload too large")]
    TooLarge,
    /// Somebody else changed the record in the meantime.
    #[error("conflict")]
    Conflict,
    /// Too many attempts; the next one is allowed after this many seconds.
    #[error("too many requests")]
    TooMany { seconds: i64 },
    /// The transaction conflicted with another one and was rolled back. It can be retried.
    #[error("collision: {0}")]
    Collision(String),
    /// The database is unreachable or overloaded.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The tables changed after this connection planned its statements. A new connection works.
    #[error("outdated: {0}")]
    Outdated(String),
    /// Everything else. The cause is logged, and the visitor sees a calm sentence.
    #[error("unexpected: {0}")]
    Unexpected(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn unexpected(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unexpected(cause.into())
    }

    /// The name of the violated constraint, if the error is a constraint violation.
    pub fn violated_constraint(&self) -> Option<&str> {
        let Self::Unexpected(cause) = self else { return None };
        match cause.downcast_ref::<DieselError>()? {
            DieselError::DatabaseError(_, info) => info.constraint_name(),
            _ => None,
        }
    }

    /// Whether the database rejected the values, as opposed to a problem of its own.
    pub fn blames_values(&self) -> bool {
        let Self::Unexpected(cause) = self else { return false };
        let state = cause.downcast_ref::<DieselError>().and_then(SqlState::of);
        state.is_some_and(|state| state.blames_values())
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Collision(_) | Self::Unavailable(_) | Self::Outdated(_))
    }

    /// Whether to run the transaction again: it conflicted with another one, or another one wrote a schedule
    /// too close to ours without taking the lock. The second run sees that schedule and can report it.
    pub fn calls_for_another_try(&self) -> bool {
        matches!(self, Self::Collision(_)) || self.violated_constraint() == Some("schedules_spaced")
    }

    /// Title and text of the error page.
    pub fn sentence(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotFound => {
                ("Página não encontrada", "O endereço pode ter mudado ou o registro foi removido.")
            }
            Self::Forbidden => (
                "Você não tem acesso a esta página",
                "Seu cargo não permite usar esta área. Peça ao administrador para habilitar em Cargos.",
            ),
            Self::LoginRequired { .. } => ("Entre para continuar", "Sua sessão terminou."),
            Self::ForeignRequest => (
                "Não foi possível confirmar o envio",
                "Volte, recarregue a página e tente de novo. Nada foi alterado.",
            ),
            Self::BadRequest => {
                ("Não foi possível entender o pedido", "Volte, confira os dados e tente de novo.")
            }
            Self::Encoded => ("Não foi possível entender o pedido", "Envie o conteúdo sem compactação."),
            Self::WrongHost => (
                "Este não é o endereço do sistema",
                "Abra o sistema pelo endereço que o administrador informou.",
            ),
            Self::TooLarge => ("Conteúdo grande demais", "Reduza o tamanho e tente de novo."),
            Self::Conflict => ("O registro mudou", "Alguém alterou este registro. Recarregue e confira."),
            Self::TooMany { .. } => ("Muitas tentativas", "Aguarde um pouco e tente de novo."),
            Self::Collision(_) | Self::Unavailable(_) | Self::Outdated(_) => (
                "Serviço indisponível no momento",
                "Tente de novo em instantes. O que já foi salvo está guardado.",
            ),
            Self::Unexpected(_) => ("Algo deu errado do nosso lado", "Tente de novo em instantes."),
        }
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let state = SqlState::of(&error);
        let state = state.as_ref().map(|state| (state.class(), state.as_str()));
        match state {
            Some((_, "40001" | "40P01")) => Self::Collision(error.to_string()),
            Some((_, "0A000")) => Self::Outdated(error.to_string()),
            // Connection failure, insufficient resources, operator intervention, system error.
            Some(("08" | "53" | "57" | "58", _) | (_, "55P03" | "25006")) => {
                Self::Unavailable(error.to_string())
            }
            _ if error == DieselError::NotFound => Self::NotFound,
            _ if is_about_the_connection(&error) => Self::Unavailable(error.to_string()),
            _ => Self::unexpected(error),
        }
    }
}

/// Whether the error comes from libpq or diesel and not from the server: such errors have no SQLSTATE.
fn is_about_the_connection(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    match error {
        DieselError::DatabaseError(ClosedConnection | UnableToSendCommand, _) => true,
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_about_the_connection(commit_error),
        error => matches!(error, DieselError::BrokenTransactionManager),
    }
}

impl From<r2d2::Error> for Error {
    fn from(error: r2d2::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::unexpected(error)
    }
}

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
            if !is_htmx && let Ok(value) = HeaderValue::from_str(&crate::auth::login_path(next)) {
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
        let (title, text) = self.sentence();
        let page = ErrorPage {
            status: self.status_code().as_u16(),
            title,
            text,
            code,
            goes_home: !self.is_passing() && !matches!(self, Self::Unexpected(_) | Self::WrongHost),
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
    let bytes = crate::keys::random_bytes::<4>();
    let code = format!("{:02X}{:02X}-{:02X}{:02X}", bytes[0], bytes[1], bytes[2], bytes[3]);
    tracing::error!(code, cause = %cause, "a request was answered 500");
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(kind: DatabaseErrorKind, message: &str) -> u16 {
        let error = DieselError::DatabaseError(kind, Box::new(message.to_owned()));
        Error::from(error).status_code().as_u16()
    }

    #[test]
    fn a_lost_connection_is_no_fault_of_ours() {
        use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, UniqueViolation, Unknown};
        assert_eq!(status(ClosedConnection, "server closed the connection unexpectedly"), 503);
        assert_eq!(status(UnableToSendCommand, "no connection to the server"), 503);
        // Without a SQLSTATE the message decides.
        assert_eq!(status(Unknown, "canceling statement due to lock timeout"), 503);
        assert_eq!(status(Unknown, "something else"), 500);
        assert_eq!(status(UniqueViolation, "duplicate key value"), 500);
        let broken = Error::from(DieselError::BrokenTransactionManager);
        assert_eq!(broken.status_code(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
