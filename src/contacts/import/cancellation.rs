//! Cancelling an import.

use actix_web::{HttpResponse, web};

use super::cancel::cancel;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::web::{Posted, redirect, redirect_with};

pub async fn create(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let is_cancelled = db.transaction(move |conn| cancel(conn, &who, id)).await?;
    let path = format!("/contacts/imports/{id}");
    Ok(if is_cancelled { redirect_with(&path, "Importação cancelada.") } else { redirect(&path) })
}
