//! Ending the sessions of a user whose account the viewer may take over.

use actix_web::{HttpResponse, web};
use uuid::Uuid;

use super::editor_rights::lock_for_access;
use super::end_sessions::{end_all_sessions, end_session};
use crate::auth::{Can, ManageUsers};
use crate::db::Db;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::{Posted, redirect_with};

pub async fn destroy_all(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        lock_for_access(conn, id, &by)?;
        end_all_sessions(conn, id, None, &by)
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), "Sessões encerradas."))
}

pub async fn destroy(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    path: web::Path<(UserId, Uuid)>,
) -> Result<HttpResponse> {
    let ((id, session), by) = (path.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        lock_for_access(conn, id, &by)?;
        end_session(conn, id, session, &by)
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), "Sessão encerrada."))
}
