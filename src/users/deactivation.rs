//! The page that asks before a user is deactivated.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::deactivate::{DeactivationRefusal, deactivate};
use super::editor_rights::lock_managed;
use super::handlers::LAST_ADMINISTRATOR;
use super::queries::{Standing, User};
use super::views::Deactivation;
use crate::auth::{Can, ManageUsers, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::handover::{self, Candidate, DepartmentWork, HandoverAnswer, OpenWork, WorkOwner};
use crate::ids::UserId;
use crate::web::{Posted, Shell, redirect_with};

/// The data of the page that asks for confirmation.
pub struct DeactivationData {
    pub user: User,
    pub work: Vec<DepartmentWork>,
    pub candidates: Vec<Candidate>,
    pub open_work: OpenWork,
}

/// Shows the work that the deactivation affects, and asks for confirmation.
pub async fn show(
    viewer: Can<ManageUsers>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let data = load(&viewer, &db, id).await?;
    if data.user.standing == Standing::Inactive {
        return Ok(redirect_with(&format!("/users/{id}"), crate::users::USER_DEACTIVATED));
    }
    let view = Deactivation::new(&viewer, data);
    shell.page("Desativar atendente", view)
}

/// Deactivates the user and ends their sessions and links at once. For an invited user, withdraws the
/// invitation.
pub async fn create(
    viewer: Can<ManageUsers>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    let before = load(&viewer, &db, id).await?;
    let departments: Vec<_> = before.work.iter().map(|work| work.department_id).collect();
    let successors = HandoverAnswer::read(&form).successors_in(&departments);
    let chosen = successors.clone();
    let deactivated = db.transaction(move |conn| deactivate(conn, id, &chosen, &by)).await;
    let refusal = match deactivated {
        Ok(Ok(())) => return Ok(redirect_with(&format!("/users/{id}"), crate::users::USER_DEACTIVATED)),
        Ok(Err(refusal)) => refusal,
        Err(error) if error.violated_constraint() == Some("last_administrator") => {
            DeactivationRefusal::LastAdministrator
        }
        Err(error) => return Err(error),
    };
    let view = Deactivation::new(&viewer, before).refused(&successors, refusal, LAST_ADMINISTRATOR);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Desativar atendente", view)
}

/// The user and their work, if the viewer may manage the account.
pub async fn load(viewer: &Viewer, db: &Db, id: UserId) -> Result<DeactivationData> {
    let viewer = viewer.clone();
    db.transaction(move |conn| {
        Ok(DeactivationData {
            user: lock_managed(conn, id, &viewer)?,
            work: handover::work_by_department(conn, id, None)?,
            candidates: handover::candidates(conn, id)?,
            open_work: handover::open_work(conn, WorkOwner::Attendant(id))?,
        })
    })
    .await
}
