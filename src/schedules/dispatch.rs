//! "Disparar agora": asks, and runs the schedule.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::queries;
use super::views::DispatchPage;
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::dispatcher::{self, RunOutcome};
use crate::error::Result;
use crate::ids::ScheduleId;
use crate::tickets;
use crate::web::{Posted, Shell, redirect_with};

/// Asks before running the schedule, for browsers without JavaScript.
pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let detail = db.run(move |conn| queries::detail(conn, &who, id)).await?;
    if detail.status.is_final() {
        return Ok(redirect_with(&format!("/schedules/{id}"), crate::schedules::SCHEDULE_NOT_PENDING));
    }
    let view = DispatchPage::new(&viewer, &detail);
    shell.page("Disparar agora", view)
}

/// Runs the schedule now. If something prevents it, the page says what (409) and the schedule stays pending.
pub async fn create(
    viewer: Can<ManageSchedules>,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let (ran, detail, ticket) = db
        .transaction_on(id, move |conn| {
            let ran = dispatcher::run_now(conn, id, &who)?;
            let detail = queries::detail(conn, &who, id)?;
            let ticket = tickets::open_ticket_of(conn, detail.contact_id)?;
            Ok((ran, detail, ticket))
        })
        .await?;
    let flash = match ran {
        RunOutcome::Done => "Agendamento disparado.",
        RunOutcome::NotPending => crate::schedules::SCHEDULE_NOT_PENDING,
        RunOutcome::Refused(reason) => {
            let view = DispatchPage::new(&viewer, &detail).refused(reason, ticket);
            return shell.page_with(StatusCode::CONFLICT, "Erro: Disparar agora", view);
        }
    };
    Ok(redirect_with(&format!("/schedules/{id}"), flash))
}
