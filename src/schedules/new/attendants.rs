//! The field "Atendente" of the form, for the chosen department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::queries;
use crate::schedules::views::AttendantField;
use crate::web::Shell;

#[derive(Deserialize)]
pub struct AttendantsQuery {
    #[serde(default)]
    department_id: String,
    #[serde(default)]
    attendant_id: String,
    #[serde(default)]
    action: String,
}

pub async fn show(
    _: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<AttendantsQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let department = query.department_id.parse().ok();
    let choices = match department {
        Some(department) => db.run(move |conn| queries::attendants(conn, department, None)).await?,
        None => Vec::new(),
    };
    let view = AttendantField::new(department, choices, &query.attendant_id, &query.action, None);
    shell.fragment(StatusCode::OK, view)
}
