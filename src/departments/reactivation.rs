//! Reactivating a department.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageDepartments};
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

fn reactivate(conn: &mut PgConnection, id: DepartmentId, by: &Account) -> Result<()> {
    queries::find(conn, id)?;
    if !queries::reactivate(conn, id)? {
        return Ok(());
    }
    audit::record(conn, &audit::Entry::of(Action::DepartmentReactivated).by(by).about(Some(id.0)))
}
