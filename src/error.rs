//! The one error of the application: its kinds, and how other errors are converted to it. `web/error_page.rs`
//! answers it.

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
    pub fn rejects_values(&self) -> bool {
        let Self::Unexpected(cause) = self else { return false };
        let state = cause.downcast_ref::<DieselError>().and_then(SqlState::of);
        state.is_some_and(|state| state.rejects_values())
    }

    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Collision(_) | Self::Unavailable(_) | Self::Outdated(_))
    }

    /// Whether to run the transaction again: it conflicted with another one, or another one wrote a schedule
    /// too close to ours without taking the lock. The second run sees that schedule and can report it.
    pub fn should_retry_transaction(&self) -> bool {
        matches!(self, Self::Collision(_)) || self.violated_constraint() == Some("schedules_spaced")
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

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::http::StatusCode;

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
