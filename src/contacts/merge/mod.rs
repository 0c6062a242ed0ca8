//! "Juntar contatos": two contacts that are the same customer become one.
//!
//! All records of one contact move to the other: tickets, messages, schedules, identities, the browsers that opened its
//! link. Fields that are empty in the kept contact take the other's value. The other contact stays as an archived record
//! that names the kept one. Its link opens the conversation of the kept contact.
//!
//! A person merges contacts on a page that shows first what moves. It is refused while both have an open ticket. The inbox
//! merges two contacts when a service proves that they are the same customer; then the newer open ticket is closed.
//! Pending schedules that are now too near to another become exempt from the spacing.
//!
//! Within a day the merge can be undone ("separar"). What was moved goes back, except what has become something else
//! since: closed tickets stay closed. Later messages go to the contact that has the identity again.

mod merge_contacts;
mod queries;
mod separate;
pub mod separation;
mod views;

pub use merge_contacts::merge_automatically;
pub use queries::{CurrentMerge, merge_of};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::merge_contacts::{Merging, merge_by_hand};
use self::views::MergePage;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ContactId;
use crate::web::{Posted, Shell, redirect_with};

#[derive(Deserialize)]
pub struct MergeQuery {
    /// The contact that ends.
    #[serde(default)]
    with: String,
}

/// Asks for the other contact. When it is chosen, shows what will move.
pub async fn show(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
    query: web::Query<MergeQuery>,
) -> Result<HttpResponse> {
    let (who, kept, other) = (viewer.clone(), id.into_inner(), query.with.parse().ok());
    let page = db.run(move |conn| MergePage::load(conn, &who, kept, other)).await?;
    shell.page("Juntar contatos", page)
}

/// Moves everything from the contact `with` to this one, or shows the page again with the reason why not.
pub async fn create(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, kept, other) = (viewer.clone(), id.into_inner(), form.get("with").parse().ok());
    let by = who.clone();
    let merged = match other {
        Some(other) => db.transaction_on(kept, move |conn| merge_by_hand(conn, &by, kept, other)).await?,
        None => Merging::Refused,
    };
    if merged == Merging::Done {
        return Ok(redirect_with(&format!("/contacts/{kept}"), "Contatos juntados."));
    }
    let page = db.run(move |conn| MergePage::load(conn, &who, kept, other)).await?.refused();
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Juntar contatos", page)
}
