//! The page that asks before a user is reactivated.

use actix_web::{HttpResponse, web};

use super::deactivation;
use super::editor_rights::lock_for_access;
use super::queries::Standing;
use super::reactivate::reactivate;
use super::views::Reactivation;
use crate::auth::{Can, ManageUsers};
use crate::db::Db;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::{Posted, Shell, redirect, redirect_with};

/// Shows the work that the user gets back, and asks for confirmation.
pub async fn show(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| lock_for_access(conn, id, &by)).await?;
    let data = deactivation::load(&viewer, &db, id).await?;
    if data.user.standing != Standing::Inactive || !data.user.has_password {
        return Ok(redirect(&format!("/users/{id}")));
    }
    let view = Reactivation::new(&data);
    shell.page("Reativar atendente", view)
}

pub async fn create(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| reactivate(conn, id, &by)).await?;
    Ok(redirect_with(&format!("/users/{id}"), "Atendente reativado."))
}
