//! What the form proposes for the chosen contact.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::contact_warning::ContactQuery;
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::queries;
use crate::schedules::views::as_json;

/// As JSON: the contact's person as an option, and its department and attendant.
pub async fn show(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<ContactQuery>,
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
