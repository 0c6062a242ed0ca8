//! Archiving a person: the confirmation page, and the answer to it.

use actix_web::{HttpResponse, web};

use super::archive::archive;
use super::queries;
use super::views::ArchivalPage;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::PersonId;
use crate::web::{Posted, Shell, redirect_with};

pub async fn show(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let view = db.run(move |conn| ArchivalPage::load(conn, id)).await?;
    shell.page("Arquivar pessoa", view)
}

pub async fn create(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<PersonId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let contacts = db.run(move |conn| queries::contact_ids(conn, id)).await?;
    db.transaction_on_all(contacts, move |conn| archive(conn, &who, id)).await?;
    Ok(redirect_with(&format!("/people/{id}"), "Pessoa arquivada."))
}
