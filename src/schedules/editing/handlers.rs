//! The page that changes a pending schedule.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::edit::{self, EditOutcome, Stale};
use super::merging::{Merged, Original, Part};
use crate::auth::{Can, ManageSchedules, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::files::PostedFiles;
use crate::ids::ScheduleId;
use crate::schedules::form::{ScheduleInput, after_step, is_step};
use crate::schedules::views::{FormOptions, FormPage, Purpose};
use crate::schedules::{queries, uploads};
use crate::web::{Shell, redirect_with};

pub async fn edit(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let stored = db.run(move |conn| queries::stored(conn, id)).await?;
    if stored.status.is_final() {
        return Ok(redirect_with(&format!("/schedules/{id}"), crate::schedules::SCHEDULE_NOT_PENDING));
    }
    let purpose = Purpose::Edit(id);
    let page = filled(&viewer, &db, purpose, ScheduleInput::of(&stored, viewer.zone)).await?;
    shell.page(purpose.title(), page)
}

/// Saves, or shows the form again: after a step in a browser without JavaScript, with errors (422), or with
/// what somebody else changed meanwhile (409).
pub async fn update(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let typed = ScheduleInput::read(&form);
    let kept = uploads::keep(&mut form, &db, viewer.id, &typed.files).await?;
    let typed = typed.with_uploads(kept);
    let purpose = Purpose::Edit(id);
    if is_step(&form) {
        let typed = after_step(&db, &form, typed).await?;
        return step(&viewer, shell, &db, id, (typed, form.get("take").parse().ok())).await;
    }
    let closes_ticket = form.get("after") == "close_ticket";
    let (who, sent) = (viewer.clone(), typed.clone());
    match db.transaction_on(id, move |conn| edit::edit(conn, &who, id, &sent, closes_ticket)).await {
        Err(error) if error.is_temporary() => {
            let page = filled(&viewer, &db, purpose, typed).await.map_err(|_| error)?;
            shell.page_to_retry(purpose.title(), page.unsaved())
        }
        Err(error) => Err(error),
        Ok(EditOutcome::Saved { closed_ticket }) => {
            Ok(redirect_with(&format!("/schedules/{id}"), crate::schedules::saved(closed_ticket)))
        }
        Ok(EditOutcome::Refused { errors, slot }) => {
            let page = filled(&viewer, &db, purpose, typed).await?.refused(&viewer, errors, slot);
            let title = format!("Erro: {}", purpose.title());
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &title, page)
        }
        Ok(EditOutcome::Asks(question)) => {
            let page = filled(&viewer, &db, purpose, typed).await?.asking(&viewer, question);
            let title = format!("Erro: {}", purpose.title());
            shell.page_with(StatusCode::CONFLICT, &title, page)
        }
        Ok(EditOutcome::Stale(stale)) => show_stale(&viewer, shell, &db, typed, &stale).await,
    }
}

/// Shows the form after a button that only changes its fields. `take` is a part for which the other user's
/// value was chosen. What somebody else changed since the form was opened stays visible.
async fn step(
    viewer: &Viewer,
    shell: Shell,
    db: &Db,
    id: ScheduleId,
    (mut typed, take): (ScheduleInput, Option<Part>),
) -> Result<HttpResponse> {
    let (who, seen) = (viewer.clone(), typed.opened_version());
    let since = db
        .run(move |conn| {
            let stored = queries::stored(conn, id)?;
            let is_changed = !stored.status.is_final() && stored.version != seen;
            is_changed.then(|| Stale::load(conn, &who, &stored, seen)).transpose()
        })
        .await?;
    let purpose = Purpose::Edit(id);
    let Some(stale) = since else {
        let page = filled(viewer, db, purpose, typed).await?;
        return shell.page(purpose.title(), page);
    };
    if let Some(part) = take {
        typed.replace_part(part, &ScheduleInput::of(&stale.stored, viewer.zone));
    }
    show_stale(viewer, shell, db, typed, &stale).await
}

/// Shows what somebody else did meanwhile, above the form. Fields that this user did not change get the other
/// user's values, and saving overwrites the new version. If the schedule is no longer pending, the form
/// creates a new one.
async fn show_stale(
    viewer: &Viewer,
    shell: Shell,
    db: &Db,
    typed: ScheduleInput,
    stale: &Stale,
) -> Result<HttpResponse> {
    let id = stale.detail.id;
    let is_over = stale.detail.status.is_final();
    let purpose = if is_over { Purpose::Reschedule(id) } else { Purpose::Edit(id) };
    let merged = if is_over {
        let ScheduleInput { form_key, version, original, zone, .. } = ScheduleInput::blank();
        let typed =
            ScheduleInput { form_key, version, original, zone, rescheduled_from: id.to_string(), ..typed };
        Merged { typed, both: Vec::new(), original: Original::default() }
    } else {
        let version = stale.stored.version.to_string();
        Merged::of(ScheduleInput { version, ..typed }, &ScheduleInput::of(&stale.stored, viewer.zone))
    };
    let page = filled(viewer, db, purpose, merged.typed.clone()).await?;
    let page = page.with_stale_notice(viewer, stale, &merged);
    shell.page_with(StatusCode::CONFLICT, &format!("Erro: {}", purpose.title()), page)
}

async fn filled(viewer: &Viewer, db: &Db, purpose: Purpose, typed: ScheduleInput) -> Result<FormPage> {
    let (user, chosen) = (viewer.id, typed.clone());
    let options = db.run(move |conn| FormOptions::load(conn, user, &chosen, purpose.edited())).await?;
    Ok(FormPage::new(viewer, purpose, typed, options))
}
