//! The browsers in which the customer opened their link.

use actix_web::{HttpResponse, web};

use super::queries;
use crate::auth::{Can, ManageContacts};
use crate::conversations::chat;
use crate::db::Db;
use crate::error::Result;
use crate::ids::ContactId;
use crate::web::{Posted, redirect_with};

/// Signs out every browser. The link itself stays valid, so each browser can sign in with it again.
pub async fn destroy(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        chat::end_accesses(conn, id, &who)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Acessos encerrados. O cliente entra de novo pelo link."))
}
