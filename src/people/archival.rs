//! Archives and restores a person.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use super::views::Archival;
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::PersonId;
use crate::live::{self, Event};
use crate::web::{Posted, Shell, redirect_with};

/// The confirmation page before archiving.
pub async fn ask(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let view = db.run(move |conn| Archival::load(conn, id)).await?;
    shell.page("Arquivar pessoa", view)
}

pub async fn archive(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| put_away(conn, &who, id)).await?;
    Ok(redirect_with(&format!("/people/{id}"), "Pessoa arquivada."))
}

fn put_away(conn: &mut PgConnection, account: &Account, person: PersonId) -> Result<()> {
    queries::lock(conn, person)?;
    if !queries::set_archived(conn, person, true)? {
        return Ok(());
    }
    let removed = queries::remove(conn, person, None)?;
    let entry = audit::Entry::of(Action::PersonArchived).by(account).about(Some(person.0));
    audit::record(conn, &entry.with(json!({ "removed": removed.len() })))?;
    for contact in &removed {
        let details = json!({ "fields": ["person"] });
        let entry = audit::Entry::of(Action::ContactEdited).by(account).about(Some(contact.0)).with(details);
        audit::record(conn, &entry)?;
    }
    live::announce(conn, &Event::ConversationsChanged(removed))
}

pub async fn restore(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        queries::lock(conn, id)?;
        if !queries::set_archived(conn, id, false)? {
            return Ok(());
        }
        let entry = audit::Entry::of(Action::PersonRestored).by(&who).about(Some(id.0));
        audit::record(conn, &entry)
    })
    .await?;
    Ok(redirect_with(&format!("/people/{id}"), "Pessoa restaurada."))
}
