//! The page that changes a pending schedule.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::edit::{self, Edit, Outcome, Stale};
use super::form::Typed;
use super::views::{FormPage, Options, Purpose};
use super::{form_parts, queries};
use crate::auth::{Can, ClientIp, ManageSchedules, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::files::PostedFiles;
use crate::ids::ScheduleId;
use crate::web::{Flash, Shell, redirect_with};

/// # Errors
/// `NotFound`.
pub async fn edit(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let stored = db.run(move |conn| queries::stored(conn, id)).await?;
    if stored.status.is_final() {
        return Ok(redirect_with(&format!("/schedules/{id}"), Flash::ScheduleNotPending));
    }
    let purpose = Purpose::Edit(id);
    let page = filled(&viewer, &shell, &db, purpose, Typed::of(&stored, viewer.zone)).await?;
    shell.page(&viewer, purpose.title(), page)
}

/// Saves, or shows the form again: after a step of a browser without scripts, with what is wrong (422),
/// or with what somebody else did meanwhile (409).
///
/// # Errors
/// `NotFound`.
pub async fn update(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
    (ClientIp(ip), id): (ClientIp, web::Path<ScheduleId>),
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let typed = Typed::read(&form).with_uploads(form.keep(&db, viewer.id).await?);
    let purpose = Purpose::Edit(id);
    if form_parts::is_step(&form) {
        let typed = form_parts::after_step(&db, &form, typed).await?;
        let page = filled(&viewer, &shell, &db, purpose, typed).await?;
        return shell.page(&viewer, purpose.title(), page);
    }
    let closes_ticket = form.get("after") == "close_ticket";
    let edit = Edit { id, typed: typed.clone(), viewer: viewer.clone(), closes_ticket, ip };
    match edit::edit(&db, edit).await? {
        Outcome::Saved { closed_ticket } => {
            Ok(redirect_with(&format!("/schedules/{id}"), Flash::saved(closed_ticket)))
        }
        Outcome::Refused { errors, slot } => {
            let page = filled(&viewer, &shell, &db, purpose, typed).await?.refused(&viewer, errors, slot);
            let title = format!("Erro: {}", purpose.title());
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &viewer, &title, page)
        }
        Outcome::Stale(stale) => overtaken(&viewer, shell, &db, typed, &stale).await,
    }
}

/// What somebody else did meanwhile, above what was typed: to be saved over the new version, or, if the
/// schedule is pending no more, as a new one.
async fn overtaken(
    viewer: &Viewer,
    shell: Shell,
    db: &Db,
    typed: Typed,
    stale: &Stale,
) -> Result<HttpResponse> {
    let id = stale.detail.id;
    let blank = Typed::blank();
    let (purpose, typed) = match stale.detail.status.is_final() {
        false => (Purpose::Edit(id), Typed { version: stale.version.to_string(), ..typed }),
        true => {
            let rescheduled_from = id.to_string();
            let typed = Typed { version: String::new(), form_key: blank.form_key, rescheduled_from, ..typed };
            (Purpose::Reschedule(id), typed)
        }
    };
    let page = filled(viewer, &shell, db, purpose, typed).await?.overtaken(viewer, stale);
    shell.page_with(StatusCode::CONFLICT, viewer, &format!("Erro: {}", purpose.title()), page)
}

async fn filled(viewer: &Viewer, shell: &Shell, db: &Db, purpose: Purpose, typed: Typed) -> Result<FormPage> {
    let (user, chosen) = (viewer.id, typed.clone());
    let options = db.run(move |conn| Options::load(conn, user, &chosen, purpose.edited())).await?;
    Ok(FormPage::new(viewer, &shell.csrf, purpose, typed, options))
}
