//! Adding and removing members of a department.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::change_members::{add_member, remove_member};
use super::self_access;
use crate::auth::{Can, ManageDepartments};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::handover::{HandoverAnswer, LeaveOutcome, LeaveRequest, Leaving};
use crate::ids::{DepartmentId, UserId};
use crate::users;
use crate::web::{Posted, Shell, redirect_with};

pub async fn create(
    viewer: Can<ManageDepartments>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
) -> Result<HttpResponse> {
    let user: UserId = form.get("user_id").parse().map_err(|_| Error::NotFound)?;
    let (id, by) = (id.into_inner(), viewer.clone());
    let is_added = db.transaction(move |conn| add_member(conn, id, user, &by)).await?;
    let flash = if is_added { "Atendente incluído no departamento." } else { self_access::NOT_SELF };
    Ok(redirect_with(&format!("/departments/{id}"), flash))
}

/// Removes a member. If they have open work, shows it first and asks for confirmation (422). Can be repeated.
pub async fn destroy(
    viewer: Can<ManageDepartments>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    path: web::Path<(DepartmentId, UserId)>,
) -> Result<HttpResponse> {
    let ((id, user), by) = (path.into_inner(), viewer.clone());
    let leave = LeaveRequest::new(user, vec![id], &HandoverAnswer::read(&form));
    let request = leave.clone();
    let outcome = db.transaction(move |conn| remove_member(conn, &request, id, &by)).await?;
    let LeaveOutcome::NeedsConfirmation(refused) = outcome else {
        return Ok(redirect_with(&format!("/departments/{id}"), "Atendente retirado do departamento."));
    };
    let by = viewer.clone();
    let question = db.run(move |conn| {
        let name = users::name_of(conn, user)?;
        Leaving::load(conn, &by, &leave, name)
    });
    let (page, path) = (question.await?, format!("/departments/{id}"));
    let page = page.answered_at(format!("{path}/members/{user}/removal"), path, Vec::new());
    let page = match &refused {
        Some(refused) => page.refused(&viewer, refused),
        None => page,
    };
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Retirar atendente", page)
}
