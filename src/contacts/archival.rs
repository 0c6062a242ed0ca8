//! Archiving a contact: the confirmation page, and the answer to it.

use actix_web::{HttpResponse, web};

use super::archive::archive;
use super::queries;
use super::views::{AffectedRecords, ArchivalPage};
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::{Posted, Shell, redirect_with};

/// The confirmation page, for browsers without scripts.
pub async fn show(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let (detail, affected) = db
        .run(move |conn| {
            let detail = queries::detail(conn, id)?;
            Ok((detail, AffectedRecords::load(conn, &who, id)?))
        })
        .await?;
    if detail.anonymised_at.is_some() {
        return Err(Error::Conflict);
    }
    let view = ArchivalPage::new(&detail, affected, false);
    shell.page("Arquivar contato", view)
}

pub async fn create(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| archive(conn, &who, id)).await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Contato arquivado."))
}
