//! Asks for the current password before changes that somebody at a browser left open could misuse.

use actix_web::http::StatusCode;

use super::queries;
use crate::auth::throttle::{self, AttemptSource};
use crate::auth::{Viewer, passwords};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::refusal::FieldErrors;

/// Checks the current password that was typed into the field `field`. Returns the field's errors, and the
/// status to answer with if there are any.
pub async fn check_current_password(
    viewer: &Viewer,
    db: &Db,
    field: &'static str,
    input: &str,
) -> Result<(StatusCode, FieldErrors)> {
    let mut errors = FieldErrors::default();
    if input.is_empty() {
        errors.add(field, "Digite a senha atual.");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, errors));
    }
    match is_current(viewer, db, input).await {
        Ok(true) => {}
        Ok(false) => errors.add(field, "A senha atual não confere."),
        Err(Error::TooMany { seconds }) => {
            let minutes = (seconds + 59) / 60;
            let unit = if minutes == 1 { "minuto" } else { "minutos" };
            errors.add(field, format!("Muitas tentativas. Aguarde {minutes} {unit}."));
            return Ok((StatusCode::TOO_MANY_REQUESTS, errors));
        }
        Err(error) => return Err(error),
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, errors))
}

/// Whether that is the viewer's password. Attempts are limited, so a stranger at an open browser cannot guess
/// faster than on the sign-in page. They are counted apart from sign-ins, so strangers who try to sign in
/// cannot block the user here.
async fn is_current(viewer: &Viewer, db: &Db, password: &str) -> Result<bool> {
    let (id, guesser) = (viewer.id, AttemptSource::User(viewer.id));
    let counted = guesser.clone();
    let hash = db
        .run(move |conn| {
            throttle::count_attempt(conn, &counted)?;
            queries::password_hash(conn, id)
        })
        .await?;
    let is_right = passwords::verify(password.to_owned(), hash).await?;
    if is_right {
        db.transaction(move |conn| throttle::reset_after_success(conn, &guesser)).await?;
    }
    Ok(is_right)
}
