//! Archives and restores a contact, revokes the customer's link and signs out the customer's browsers.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::queries;
use super::views::{Archival, LinkRevocation, Touching};
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageContacts};
use crate::conversations::chat;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets;
use crate::web::{Posted, Shell, redirect_with};

/// The confirmation page before archiving, for browsers without scripts.
pub async fn ask(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    let (detail, touching) = db
        .run(move |conn| {
            let detail = queries::detail(conn, id)?;
            Ok((detail, touching(conn, &who, id)?))
        })
        .await?;
    if detail.anonymised_at.is_some() {
        return Err(Error::Conflict);
    }
    let view = Archival::new(&detail, touching, false);
    shell.page("Arquivar contato", view)
}

/// The contact's pending schedules and open ticket.
pub fn touching(conn: &mut PgConnection, account: &Account, contact: ContactId) -> Result<Touching> {
    let open = tickets::open_ticket_of(conn, contact)?.map(|ticket| ticket.protocol);
    Ok(Touching::new(account, queries::touched(conn, contact)?, open))
}

pub async fn archive(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        let changed = queries::archive(conn, id)?;
        record(conn, changed.then_some(Action::ContactArchived), &who, id)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Contato arquivado."))
}

pub async fn restore(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        let changed = queries::restore(conn, id)?;
        record(conn, changed.then_some(Action::ContactRestored), &who, id)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Contato restaurado."))
}

/// The confirmation page before the customer's link is revoked, for browsers without scripts.
pub async fn ask_revocation(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let detail = db.run(move |conn| queries::detail(conn, id)).await?;
    let view = LinkRevocation::new(&detail, false);
    shell.page("Revogar link", view)
}

pub async fn revoke_link(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        queries::revoke_link(conn, id)?;
        record(conn, Some(Action::ContactLinkRevoked), &who, id)
    })
    .await?;
    Ok(redirect_with(
        &format!("/contacts/{id}"),
        "Link revogado. O novo link já pode ser enviado ao cliente.",
    ))
}

/// Signs out every browser in which the customer opened their link. The link itself stays valid, so each
/// browser can sign in with it again.
pub async fn end_accesses(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction(move |conn| {
        queries::lock(conn, id)?;
        chat::end_accesses(conn, id, &who)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), "Acessos encerrados. O cliente entra de novo pelo link."))
}

/// Writes the action to the audit, if there is one, and announces the change to the pages that show the
/// contact. An open page of the customer learns this way that its link has ended.
fn record(
    conn: &mut PgConnection,
    action: Option<Action>,
    account: &Account,
    contact: ContactId,
) -> Result<()> {
    let Some(action) = action else { return Ok(()) };
    audit::record(conn, &audit::Entry::of(action).by(account).about(Some(contact.0)))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}
