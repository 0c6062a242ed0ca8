//! Undoing a merge, from the page of the contact that ended.

use actix_web::{HttpResponse, web};

use super::separate::separate;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ContactId;
use crate::web::{Posted, redirect_with};

pub async fn create(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| separate(conn, &who, id)).await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Contatos separados."))
}
