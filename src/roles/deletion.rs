//! The page that asks before a role is deleted. Only roles that no user has can be deleted.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::delete::delete;
use super::queries;
use super::views::Deletion;
use crate::auth::{Can, ManageRoles};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::RoleId;
use crate::web::{Posted, Shell, redirect_with};

const TITLE: &str = "Excluir cargo";

/// The confirmation page. If the role is in use, it lists the users who have it.
pub async fn show(
    viewer: Can<ManageRoles>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
) -> Result<HttpResponse> {
    let view = page(&viewer, &db, id.into_inner()).await?;
    shell.page(TITLE, view)
}

pub async fn create(
    viewer: Can<ManageRoles>,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<RoleId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    match db.transaction(move |conn| delete(conn, id, &by)).await {
        Ok(()) => Ok(redirect_with("/roles", "Cargo excluído.")),
        Err(error) if error.violated_constraint() == Some("users_role_id_fkey") => {
            let view = page(&viewer, &db, id).await?;
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, TITLE, view)
        }
        Err(error) => Err(error),
    }
}

async fn page(viewer: &Can<ManageRoles>, db: &Db, id: RoleId) -> Result<Deletion> {
    let (role, users) =
        db.run(move |conn| Ok((queries::find(conn, id)?, queries::users_of(conn, id)?))).await?;
    if !role.may_be_edited_by(viewer) {
        return Err(Error::Forbidden);
    }
    Ok(Deletion::new(viewer, role, users))
}
