//! The parts of the form that change with what is chosen in it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::queries;
use super::views::{AttendantField, OpenTicketWarning, as_json};
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::ids::PersonId;
use crate::web::Shell;

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
}

/// The field "Atendente" for the department that was chosen.
///
/// # Errors
/// The database is unreachable.
pub async fn attendant_field(
    _: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let department = query.department_id.parse().ok();
    let choices = match department {
        Some(department) => db.run(move |conn| queries::attendants(conn, department)).await?,
        None => Vec::new(),
    };
    let view = AttendantField::new(department, choices, &query.attendant_id, &query.action, None);
    shell.fragment(StatusCode::OK, view)
}

/// The warning about the open ticket of the contact that was chosen.
///
/// # Errors
/// The database is unreachable.
pub async fn open_ticket_warning(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<PartQuery>,
) -> Result<HttpResponse> {
    let ticket = match query.contact_id.parse() {
        Ok(contact) => db.run(move |conn| crate::tickets::open_ticket_of(conn, contact)).await?,
        Err(_) => None,
    };
    shell.fragment(StatusCode::OK, OpenTicketWarning::new(&viewer, ticket, true))
}

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    person_id: String,
}

/// Contacts for the searchable select, as JSON `[{value, text, sub}]`.
///
/// # Errors
/// The database is unreachable.
pub async fn contact_options(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let person: Option<PersonId> = query.person_id.parse().ok();
    let found = db.run(move |conn| queries::contacts(conn, person, &query.q)).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}

/// People for the searchable select, as JSON `[{value, text, sub}]`.
///
/// # Errors
/// The database is unreachable.
pub async fn person_options(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let found = db.run(move |conn| queries::people(conn, &query.q, None)).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}
