//! Contacts for a searchable select.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::queries;
use super::views::as_json;
use crate::auth::{Can, ManageContacts};
use crate::db::{Db, Search};
use crate::error::Result;

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// The contacts as JSON `[{value, text, sub}]`.
pub async fn index(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let search = Search::parse(&query.q);
    let found = db.run(move |conn| queries::contact_options(conn, search.as_ref())).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}
