//! The page that asks before a department is deactivated.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::deactivate::{Destinations, deactivate};
use super::queries::{self, Channel, Department, Other};
use super::views::Deactivation;
use crate::auth::{Can, ManageDepartments};
use crate::db::Db;
use crate::error::Result;
use crate::handover::{self, OpenWork, WorkOwner};
use crate::ids::DepartmentId;
use crate::web::{Posted, Shell, redirect, redirect_with};

/// The data of the page that asks for confirmation.
pub struct DeactivationData {
    pub department: Department,
    pub open_work: OpenWork,
    /// Number of pending schedules that open a ticket.
    pub ticket_schedules: i64,
    pub channels: Vec<Channel>,
    pub others: Vec<Other>,
}

/// Shows what the deactivation affects, and asks for confirmation.
pub async fn show(
    viewer: Can<ManageDepartments>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let data = db.run(move |conn| load(conn, id)).await?;
    if !data.department.is_active {
        return Ok(redirect(&format!("/departments/{id}")));
    }
    let view = Deactivation::new(&viewer, data);
    shell.page("Desativar departamento", view)
}

pub async fn create(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let (id, by, destinations) = (id.into_inner(), viewer.clone(), Destinations::read(&form));
    match db.transaction(move |conn| deactivate(conn, id, destinations, &by)).await? {
        Ok(()) => Ok(redirect_with("/departments", "Departamento desativado.")),
        Err(refusal) => {
            let data = db.run(move |conn| load(conn, id)).await?;
            let view = Deactivation::new(&viewer, data).refused(destinations, refusal);
            let title = "Erro: Desativar departamento";
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, title, view)
        }
    }
}

fn load(conn: &mut PgConnection, id: DepartmentId) -> Result<DeactivationData> {
    Ok(DeactivationData {
        department: queries::find(conn, id)?,
        open_work: handover::open_work(conn, WorkOwner::Department(id))?,
        ticket_schedules: queries::count_ticket_schedules(conn, id)?,
        channels: queries::channels(conn, id)?,
        others: queries::active_others(conn, id)?,
    })
}
