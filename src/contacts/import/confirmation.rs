//! Confirming an import in its preview.

use actix_web::{HttpResponse, web};

use super::confirm::confirm;
use super::worker;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::web::{Posted, redirect};

/// Starts the import. A second request has no effect.
pub async fn create(
    viewer: Can<ManageContacts>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (who, id, updates_existing) = (viewer.clone(), id.into_inner(), form.get("existing") == "update");
    db.transaction(move |conn| confirm(conn, &who, id, updates_existing)).await?;
    worker::wake();
    Ok(redirect(&format!("/contacts/imports/{id}")))
}
