//! People for a searchable select.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::{Can, ManageContacts};
use crate::contacts::queries::person_options;
use crate::contacts::views::as_json;
use crate::db::{Db, Search};
use crate::error::Result;

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// The people as JSON `[{value, text, sub}]`.
pub async fn index(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse> {
    let search = Search::parse(&query.q);
    let found = db.run(move |conn| person_options(conn, search.as_ref(), None)).await?;
    Ok(HttpResponse::Ok().json(as_json(&found)))
}
