//! Ending one's own sessions.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use uuid::Uuid;

use super::check_password::check_password;
use super::handlers::{page, refused_password};
use super::views::Edit;
use crate::auth::{Viewer, sessions};
use crate::db::Db;
use crate::error::Result;
use crate::users;
use crate::web::{Posted, Shell, redirect_with};

/// The field for the current password in the list of sessions.
const FIELD: &str = "session_password";

/// Ends every session except this one.
pub async fn destroy_others(
    viewer: Viewer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    session: Session,
) -> Result<HttpResponse> {
    if let Some(refused) = refused(&viewer, &form, &db, &session).await? {
        let (status, view) = refused;
        return shell.page_with(status, "Erro: Meu perfil", view);
    }
    let (who, current) = (viewer.clone(), sessions::current(&session));
    db.transaction(move |conn| users::end_all_sessions(conn, who.id, current, &who)).await?;
    Ok(redirect_with("/profile", "Sessões encerradas."))
}

/// Ends a session of the viewer; 404 if they have no such session.
pub async fn destroy(
    viewer: Viewer,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    other: web::Path<Uuid>,
    session: Session,
) -> Result<HttpResponse> {
    if let Some(refused) = refused(&viewer, &form, &db, &session).await? {
        let (status, view) = refused;
        return shell.page_with(status, "Erro: Meu perfil", view);
    }
    let (who, other) = (viewer.clone(), other.into_inner());
    db.transaction(move |conn| users::end_session(conn, who.id, other, &who)).await?;
    Ok(redirect_with("/profile", "Sessão encerrada."))
}

/// The page with the error, if the password is wrong.
async fn refused(
    viewer: &Viewer,
    form: &Posted,
    db: &Db,
    session: &Session,
) -> Result<Option<(StatusCode, Edit)>> {
    let Err(refusal) = check_password(db, viewer, form.get(FIELD)).await? else { return Ok(None) };
    let (status, errors) = refused_password(FIELD, refusal);
    Ok(Some((status, page(viewer, db, session).await?.refused(errors))))
}
