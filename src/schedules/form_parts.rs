//! The parts of the form that depend on what is chosen in it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::draft::ChosenIds;
use super::form::ScheduleInput;
use super::views::{AttendantField, ContactFacts, ContactWarning, SlotView, as_json};
use super::{queries, slot};
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::ids::PersonId;
use crate::web::{Search, Shell};

#[derive(Deserialize)]
pub struct PartQuery {
    #[serde(default)]
    department_id: String,
    #[serde(default)]
    attendant_id: String,
    #[serde(default)]
    contact_id: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    due_at: String,
    #[serde(default)]
    due_fold: String,
    #[serde(default)]
    schedule_id: String,
}

/// The field "Atendente" for the chosen department.
pub async fn attendants(
    _: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
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

/// The warnings about the chosen contact.
pub async fn contact_warning(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
) -> Result<HttpResponse> {
    let chosen = ChosenIds { contact: query.contact_id.parse().ok(), ..ChosenIds::default() };
    let user = viewer.id;
    let facts = db
        .run(move |conn| {
            let facts = queries::facts(conn, chosen, None)?;
            ContactFacts::of(conn, &facts, user, &ScheduleInput::default())
        })
        .await?;
    shell.fragment(StatusCode::OK, ContactWarning::new(&viewer, facts, true))
}

/// The proposal for the chosen contact, as JSON: its person as an option, and its department and attendant.
pub async fn proposal(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
) -> Result<HttpResponse> {
    let Ok(contact) = query.contact_id.parse() else { return Ok(HttpResponse::Ok().json(json!({}))) };
    let found = db
        .run(move |conn| {
            let Some(proposal) = queries::proposal(conn, contact, None)? else { return Ok(None) };
            let person = proposal.person.map(|person| queries::person_choice(conn, person)).transpose()?;
            Ok(Some((proposal, person.flatten())))
        })
        .await?;
    let Some((proposal, person)) = found else { return Ok(HttpResponse::Ok().json(json!({}))) };
    Ok(HttpResponse::Ok().json(json!({
        "person": as_json(&person).pop(),
        "department_id": proposal.department,
        "attendant_id": proposal.attendant,
    })))
}

/// Whether the typed time is free.
pub async fn slot_check(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let except = query.schedule_id.parse().ok();
    let typed = ScheduleInput {
        contact_id: query.contact_id,
        department_id: query.department_id,
        attendant_id: query.attendant_id,
        due_at: query.due_at,
        due_fold: query.due_fold,
        ..ScheduleInput::default()
    };
    let slot = db
        .run(move |conn| {
            let facts = queries::facts(conn, typed.ids(), except)?;
            slot::check(conn, &typed, &facts, except)
        })
        .await?;
    shell.fragment(StatusCode::OK, SlotView::new(&viewer, slot))
}

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    person_id: String,
}

/// Contacts for the searchable select, as JSON `[{value, text, sub}]`.
pub async fn contacts(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let person: Option<PersonId> = query.person_id.parse().ok();
    let search = Search::parse(&query.q);
    let found = db.run(move |conn| queries::contacts(conn, person, search.as_ref())).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}

/// People for the searchable select, as JSON `[{value, text, sub}]`.
pub async fn people(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let search = Search::parse(&query.q);
    let found = db.run(move |conn| queries::people(conn, search.as_ref())).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}
