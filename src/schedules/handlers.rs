//! The pages of schedules.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::create::{self, CreateOutcome};
use super::form::{ScheduleInput, after_step, is_step};
use super::queries::{self, DetailPage};
use super::uploads;
use super::views::{FormOptions, FormPage, Purpose, Show};
use crate::auth::{Can, ManageSchedules, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::files::PostedFiles;
use crate::ids::ScheduleId;
use crate::web::{Shell, redirect, redirect_with};

/// # Errors
/// `NotFound` if the viewer may not read it.
pub async fn show(
    viewer: Viewer,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ScheduleId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let page = db.run(move |conn| DetailPage::load(conn, &who, id)).await?;
    let view = Show::new(&viewer, page);
    shell.page(&format!("Agendamento nº {id}"), view)
}

#[derive(Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    contact_id: String,
    #[serde(default)]
    ticket_id: String,
    /// `2026-12-05T10:00`, from a free place in the calendar.
    #[serde(default)]
    due_at: String,
    /// The final schedule to reschedule.
    #[serde(default)]
    from: String,
}

pub async fn new(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<NewQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    if let Ok(from) = query.from.parse() {
        return reschedule(&viewer, shell, &db, from).await;
    }
    let (contact, ticket) = (query.contact_id.parse().ok(), query.ticket_id.parse().ok());
    let (proposal, channel, departments) = db
        .run(move |conn| {
            let proposal = contact.map(|contact| queries::proposal(conn, contact, ticket)).transpose()?;
            let channel = contact.map(|contact| queries::preferred_channel(conn, contact)).transpose()?;
            Ok((proposal.flatten(), channel.flatten(), queries::departments(conn)?))
        })
        .await?;
    let typed =
        proposal.map_or_else(ScheduleInput::blank, |proposal| ScheduleInput::proposing(&proposal, ticket));
    let typed = typed.with_channel(channel).with_only_department(&departments);
    let page = filled(&viewer, &db, typed.with_slot(&query.due_at)).await?;
    shell.page(Purpose::New.title(), page)
}

/// Shows the form for a new schedule in place of a final one. A pending one can be edited instead.
async fn reschedule(viewer: &Viewer, shell: Shell, db: &Db, from: ScheduleId) -> Result<HttpResponse> {
    let who = viewer.clone();
    let (stored, detail) =
        db.run(move |conn| Ok((queries::stored(conn, from)?, queries::detail(conn, &who, from)?))).await?;
    if !stored.status.is_final() {
        return Ok(redirect(&format!("/schedules/{from}/edit")));
    }
    // Its page says why that contact can have no more schedules.
    if detail.is_archived {
        return Ok(redirect(&format!("/schedules/{from}")));
    }
    let typed = ScheduleInput::rescheduling(&stored, viewer.zone);
    let ids = typed.ids();
    let facts = db.run(move |conn| queries::facts(conn, ids, None)).await?;
    let (typed, left_out) = typed.without_unfit(&facts);
    let page = filled(viewer, db, typed).await?.leaving_out(left_out);
    shell.page(Purpose::Reschedule(from).title(), page)
}

/// Saves, or shows the form again: with the attendants of a department (`step`), with a suggested time
/// (`use_slot`), without a file (`remove_file`), with errors (422), or with what changed while it was open
/// (409). Files are stored first, so that nobody has to upload them twice.
pub async fn create(
    viewer: Can<ManageSchedules>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let typed = ScheduleInput::read(&form);
    let kept = uploads::keep(&mut form, &db, viewer.id, &typed.files).await?;
    let typed = typed.with_uploads(kept);
    let title = Purpose::of_new(&typed).title();
    if is_step(&form) {
        let typed = after_step(&db, &form, typed).await?;
        let page = filled(&viewer, &db, typed).await?;
        return shell.page(title, page);
    }
    let closes_ticket = form.get("after") == "close_ticket";
    match save(&viewer, &db, &typed, closes_ticket).await {
        Err(error) if error.is_temporary() => {
            let page = filled(&viewer, &db, typed).await.map_err(|_| error)?;
            shell.page_to_retry(title, page.unsaved())
        }
        Err(error) => Err(error),
        Ok(CreateOutcome::Saved { id, closed_ticket }) => {
            Ok(redirect_with(&format!("/schedules/{id}"), crate::schedules::saved(closed_ticket)))
        }
        Ok(CreateOutcome::SavedBefore(id)) => Ok(redirect_with(
            &format!("/schedules/{id}"),
            "Este formulário já tinha criado este agendamento. Nada novo foi criado. Confira a situação.",
        )),
        Ok(CreateOutcome::Asks(question)) => {
            let page = filled(&viewer, &db, typed).await?.asking(&viewer, question);
            shell.page_with(StatusCode::CONFLICT, &format!("Erro: {title}"), page)
        }
        Ok(CreateOutcome::Refused { errors, slot }) => {
            let page = filled(&viewer, &db, typed.unlinked(&errors)).await?.refused(&viewer, errors, slot);
            shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, &format!("Erro: {title}"), page)
        }
    }
}

/// Saves in one transaction, which waits for others on the same contact.
async fn save(viewer: &Viewer, db: &Db, typed: &ScheduleInput, closes_ticket: bool) -> Result<CreateOutcome> {
    let (who, sent) = (viewer.clone(), typed.clone());
    match typed.ids().contact {
        Some(contact) => {
            db.transaction_on(contact, move |conn| create::create(conn, &who, &sent, closes_ticket)).await
        }
        None => db.transaction(move |conn| create::create(conn, &who, &sent, closes_ticket)).await,
    }
}

async fn filled(viewer: &Viewer, db: &Db, typed: ScheduleInput) -> Result<FormPage> {
    let (user, chosen) = (viewer.id, typed.clone());
    let options = db.run(move |conn| FormOptions::load(conn, user, &chosen, None)).await?;
    let purpose = Purpose::of_new(&typed);
    Ok(FormPage::new(viewer, purpose, typed, options))
}
