//! Reactivating a department.

use actix_web::{HttpResponse, web};

use super::reactivate::reactivate;
use crate::auth::{Can, ManageDepartments};
use crate::db::Db;
use crate::error::Result;
use crate::ids::DepartmentId;
use crate::web::{Posted, redirect_with};

pub async fn create(
    viewer: Can<ManageDepartments>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| reactivate(conn, id, &by)).await?;
    Ok(redirect_with(&format!("/departments/{id}"), "Departamento reativado."))
}
