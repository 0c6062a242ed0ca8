//! The position of a department in the company's order.

use actix_web::{HttpResponse, web};

use super::form::Direction;
use super::reorder::reorder;
use crate::auth::{Can, ManageDepartments};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::DepartmentId;
use crate::web::{Posted, redirect};

/// Moves a department one place up or down.
pub async fn update(
    viewer: Can<ManageDepartments>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let direction: Direction = form.get("direction").parse().map_err(|()| Error::BadRequest)?;
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| reorder(conn, id, direction, &by)).await?;
    Ok(redirect(&format!("/departments#department-{id}")))
}
