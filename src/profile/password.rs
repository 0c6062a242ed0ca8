//! A new password for oneself.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::handlers::page;
use super::queries;
use crate::audit::{self, Action};
use crate::auth::{ClientIp, Viewer, passwords, sessions, throttle};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::live::{self, Event};
use crate::users;
use crate::web::{FieldErrors, Flash, Posted, Shell, redirect_with};

/// Changes the password; the other sessions end, and this one goes on under a new token.
///
/// # Errors
/// The database is unreachable, or too many wait.
pub async fn change(
    viewer: Viewer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    (session, ClientIp(ip)): (Session, ClientIp),
) -> Result<HttpResponse> {
    let new = form.get("new_password").to_owned();
    let (status, mut errors) = judged(is_current(&viewer, &db, form.get("current_password"), &ip).await)?;
    if let Some(refusal) = passwords::refusal(&new) {
        errors.add("new_password", refusal.sentence());
    }
    if !errors.is_empty() {
        let view = page(&viewer, &shell, &db, &session).await?.refused(errors);
        return shell.page_with(status, &viewer, "Erro: Meu perfil", view);
    }
    let hash = passwords::hash_in_turn(new).await?;
    let (id, current) = (viewer.id, sessions::current(&session));
    db.transaction(move |conn| {
        users::set_password(conn, id, &hash)?;
        users::revoke_link(conn, id)?;
        users::end_all(conn, id, current, id, &ip)?;
        audit::record(conn, &audit::Entry::of(Action::PasswordChanged).by(id).about(Some(id.0)).from(&ip))?;
        live::announce(conn, &Event::RightsChanged(vec![id]))
    })
    .await?;
    session.renew();
    Ok(redirect_with("/profile", Flash::PasswordChanged))
}

/// What the form says of the current password, and the status of its refusal.
fn judged(is_current: Result<bool>) -> Result<(StatusCode, FieldErrors)> {
    let mut errors = FieldErrors::default();
    let status = match is_current {
        Ok(true) => StatusCode::UNPROCESSABLE_ENTITY,
        Ok(false) => {
            errors.add("current_password", "A senha atual não confere.");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::TooMany { seconds }) => {
            let minutes = (seconds + 59) / 60;
            let unit = if minutes == 1 { "minuto" } else { "minutos" };
            errors.add("current_password", format!("Muitas tentativas. Aguarde {minutes} {unit}."));
            StatusCode::TOO_MANY_REQUESTS
        }
        Err(error) => return Err(error),
    };
    Ok((status, errors))
}

/// Whether that is the viewer's password. Tries are counted with those of the sign-in: whoever found an
/// open browser guesses no faster than a stranger.
async fn is_current(viewer: &Viewer, db: &Db, password: &str, ip: &str) -> Result<bool> {
    let (id, place) = (viewer.id, ip.to_owned());
    let (email, hash) = db
        .run(move |conn| {
            let (email, hash) = queries::credentials(conn, id)?;
            throttle::admit(conn, &email, &place)?;
            Ok((email, hash))
        })
        .await?;
    let is_right = passwords::verify(password.to_owned(), hash).await?;
    if is_right {
        let place = ip.to_owned();
        db.transaction(move |conn| throttle::forgive(conn, &email, &place)).await?;
    }
    Ok(is_right)
}
