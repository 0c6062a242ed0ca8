//! "Cancelar agendamento": asks, and cancels the schedule.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::cancel::{self, Reason};
use super::queries;
use super::views::CancellationPage;
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::web::{Posted, Shell, redirect_with};

/// Asks before cancelling, for browsers without JavaScript.
pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let detail = db.run(move |conn| queries::detail(conn, &who, id)).await?;
    if detail.status.is_final() {
        return Ok(redirect_with(&format!("/schedules/{id}"), super::SCHEDULE_NOT_PENDING));
    }
    let view = CancellationPage::new(&viewer, &detail);
    shell.page("Cancelar agendamento", view)
}

/// Cancels. If the schedule is no longer pending, its page shows its state instead.
pub async fn create(
    viewer: Can<ManageSchedules>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let cancelled = match Reason::parse(form.get("reason")) {
        Ok(reason) => db.transaction_on(id, move |conn| cancel::cancel(conn, &who, id, &reason)).await?,
        Err(error) => {
            let detail = db.run(move |conn| queries::detail(conn, &who, id)).await?;
            let view = CancellationPage::new(&viewer, &detail).refused(form.get("reason"), error);
            let title = "Erro: Cancelar agendamento";
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, title, view);
        }
    };
    let flash = if cancelled { super::SCHEDULE_CANCELLED } else { super::SCHEDULE_NOT_PENDING };
    Ok(redirect_with(&format!("/schedules/{id}"), flash))
}
