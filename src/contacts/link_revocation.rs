//! Revoking the customer's link: the confirmation page, and the answer to it.

use actix_web::{HttpResponse, web};

use super::queries;
use super::revoke_link::revoke_link;
use super::views::LinkRevocationPage;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ContactId;
use crate::web::{Posted, Shell, redirect_with};

/// The confirmation page, for browsers without scripts.
pub async fn show(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let detail = db.run(move |conn| queries::detail(conn, id)).await?;
    let view = LinkRevocationPage::new(&detail, false);
    shell.page("Revogar link", view)
}

pub async fn create(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| revoke_link(conn, &who, id)).await?;
    Ok(redirect_with(
        &format!("/contacts/{id}"),
        "Link revogado. O novo link já pode ser enviado ao cliente.",
    ))
}
