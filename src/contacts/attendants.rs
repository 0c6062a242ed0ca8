//! The field "Atendente padrão" of the form.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::queries;
use super::views::AttendantField;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::refusal::FieldErrors;
use crate::web::Shell;

#[derive(Deserialize)]
pub struct DepartmentQuery {
    #[serde(default)]
    default_department_id: String,
}

/// The field with the attendants of the chosen department.
pub async fn index(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<DepartmentQuery>,
) -> Result<HttpResponse> {
    let department = query.default_department_id.parse().ok();
    let choices = match department {
        Some(department) => db.run(move |conn| queries::attendants(conn, department)).await?,
        None => Vec::new(),
    };
    shell.fragment(StatusCode::OK, AttendantField::new(department, choices, "", &FieldErrors::default()))
}
