//! The pages of schedules.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::cancel::{self, Reason};
use super::create::{self, Outcome, Submission};
use super::form::Typed;
use super::queries::{self, Filter};
use super::views::{Cancellation, FormPage, Index, Options, Show};
use crate::auth::{Can, ClientIp, ManageSchedules, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::files::PostedFiles;
use crate::ids::ScheduleId;
use crate::web::{Flash, Posted, Shell, redirect_with};

const NEW: &str = "Novo agendamento";

#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    status: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
}

/// # Errors
/// The database is unreachable.
pub async fn index(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let filter = Filter {
        status: query.status.parse().ok(),
        after: query.after.parse().ok(),
        before: query.before.parse().ok(),
    };
    let (counts, page) =
        db.run(move |conn| Ok((queries::counts(conn)?, queries::page(conn, filter)?))).await?;
    let view = Index::new(&viewer, filter.status, counts, page);
    shell.page(&viewer, "Agendamentos", view)
}

/// # Errors
/// `NotFound` outside the viewer's scope.
pub async fn show(
    viewer: Viewer,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let (detail, history) =
        db.run(move |conn| Ok((queries::detail(conn, &who, id)?, queries::history(conn, id)?))).await?;
    let view = Show::new(&viewer, &shell.csrf, detail, history);
    shell.page(&viewer, &format!("Agendamento nº {id}"), view)
}

#[derive(Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    contact_id: String,
    #[serde(default)]
    ticket_id: String,
}

/// # Errors
/// The database is unreachable.
pub async fn new(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<NewQuery>,
) -> Result<HttpResponse> {
    let (contact, ticket) = (query.contact_id.parse().ok(), query.ticket_id.parse().ok());
    let user = viewer.id;
    let (typed, options) = db
        .run(move |conn| {
            let typed = queries::prefilled(conn, contact, ticket)?;
            let options = Options::load(conn, user, &typed)?;
            Ok((typed, options))
        })
        .await?;
    let view = FormPage::new(&viewer, &shell.csrf, typed, options);
    shell.page(&viewer, NEW, view)
}

/// Saves, or shows the form again: with the attendants of a department (`step`), with a suggested
/// time (`use_slot`), without a file (`remove_file`), or with what is wrong (422). Files are kept first,
/// so that nobody sends them twice.
///
/// # Errors
/// The database is unreachable.
pub async fn create(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let typed = Typed::read(&form).with_uploads(form.keep(&db, viewer.id).await?);
    if ["step", "use_slot", "remove_file"].iter().any(|name| !form.get(name).is_empty()) {
        let typed = typed.with_slot(form.get("use_slot"));
        let page = filled(&viewer, &shell, &db, typed).await?;
        return shell.page(&viewer, NEW, page);
    }
    let submission = Submission {
        typed: typed.clone(),
        viewer: viewer.clone(),
        closes_ticket: form.get("after") == "close_ticket",
        ip,
    };
    match create::create(&db, submission).await? {
        Outcome::Saved { id, closed_ticket } => {
            let flash =
                if closed_ticket { Flash::ScheduleSavedAndTicketClosed } else { Flash::ScheduleSaved };
            Ok(redirect_with(&format!("/schedules/{id}"), flash))
        }
        Outcome::Refused { errors, conflict } => {
            let page = filled(&viewer, &shell, &db, typed).await?.refused(&viewer, errors, conflict);
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, &format!("Erro: {NEW}"), page)
        }
    }
}

async fn filled(viewer: &Viewer, shell: &Shell, db: &Db, typed: Typed) -> Result<FormPage> {
    let (user, chosen) = (viewer.id, typed.clone());
    let options = db.run(move |conn| Options::load(conn, user, &chosen)).await?;
    Ok(FormPage::new(viewer, &shell.csrf, typed, options))
}

/// Asks before cancelling, for browsers without scripts.
///
/// # Errors
/// `NotFound`.
pub async fn ask_cancellation(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let detail = db.run(move |conn| queries::detail(conn, &who, id)).await?;
    if detail.status.is_final() {
        return Ok(redirect_with(&format!("/schedules/{id}"), Flash::ScheduleNotPending));
    }
    let view = Cancellation::new(&viewer, &shell.csrf, &detail);
    shell.page(&viewer, "Cancelar agendamento", view)
}

/// Cancels. Whoever comes too late is shown what became of the schedule instead.
///
/// # Errors
/// `NotFound`.
pub async fn cancel(
    viewer: Can<ManageSchedules>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let cancelled = match Reason::parse(form.get("reason")) {
        Ok(reason) => db.transaction(move |conn| cancel::cancel(conn, &who, id, &reason, &ip)).await?,
        Err(error) => {
            let detail = db.run(move |conn| queries::detail(conn, &who, id)).await?;
            let view = Cancellation::new(&viewer, &shell.csrf, &detail).refused(form.get("reason"), error);
            let title = "Erro: Cancelar agendamento";
            return shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, title, view);
        }
    };
    let flash = if cancelled { Flash::ScheduleCancelled } else { Flash::ScheduleNotPending };
    Ok(redirect_with(&format!("/schedules/{id}"), flash))
}
