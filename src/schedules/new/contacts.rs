//! Contacts for the searchable select of the form.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::{Can, ManageSchedules};
use crate::db::{Db, Search};
use crate::error::Result;
use crate::ids::PersonId;
use crate::schedules::queries;
use crate::schedules::views::as_json;

#[derive(Deserialize)]
pub struct ContactsQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    person_id: String,
}

/// As JSON `[{value, text, sub}]`.
pub async fn index(
    _: Can<ManageSchedules>,
    db: web::Data<Db>,
    query: web::Query<ContactsQuery>,
) -> Result<HttpResponse> {
    let person: Option<PersonId> = query.person_id.parse().ok();
    let search = Search::parse(&query.q);
    let found = db.run(move |conn| queries::contacts(conn, person, search.as_ref())).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}
