//! Putting a contact away and bringing it back; revoking the customer's link.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;

use super::queries;
use super::views::{Archival, LinkRevocation, Touching};
use crate::audit::{self, Action};
use crate::auth::{Can, ClientIp, ManageContacts, Viewer};
use crate::conversations::chat;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets;
use crate::web::{Flash, Posted, Shell, redirect_with};

/// Asks before archiving, for browsers without scripts.
///
/// # Errors
/// `NotFound`; `Conflict` if the contact is anonymised.
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
    let view = Archival::new(&shell.csrf, &detail, touching, false);
    shell.page(&viewer, "Arquivar contato", view)
}

/// What is under way with the contact.
///
/// # Errors
/// The database is unreachable.
pub fn touching(conn: &mut PgConnection, viewer: &Viewer, contact: ContactId) -> Result<Touching> {
    let open = tickets::open_ticket_of(conn, contact)?.map(|ticket| ticket.protocol);
    Ok(Touching::new(viewer, queries::touched(conn, contact)?, open))
}

/// # Errors
/// `NotFound`; `Conflict` if the contact is anonymised.
pub async fn archive(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        let changed = queries::archive(conn, id)?;
        record(conn, changed.then_some(Action::ContactArchived), &who, id, &ip)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), Flash::ContactArchived))
}

/// # Errors
/// `NotFound`; `Conflict` if the contact is anonymised, for then nothing of it is left.
pub async fn restore(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        let changed = queries::restore(conn, id)?;
        record(conn, changed.then_some(Action::ContactRestored), &who, id, &ip)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), Flash::ContactRestored))
}

/// Asks before the customer's link is revoked, for browsers without scripts.
///
/// # Errors
/// `NotFound`.
pub async fn ask_revocation(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let detail = db.run(move |conn| queries::detail(conn, id)).await?;
    let view = LinkRevocation::new(&shell.csrf, &detail, false);
    shell.page(&viewer, "Revogar link", view)
}

/// # Errors
/// `NotFound`; `Conflict` if the contact is anonymised.
pub async fn revoke_link(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (who, id) = (viewer.clone(), id.into_inner());
    db.transaction_on(id, move |conn| {
        queries::lock(conn, id)?;
        queries::revoke_link(conn, id)?;
        record(conn, Some(Action::ContactLinkRevoked), &who, id, &ip)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), Flash::LinkRevoked))
}

/// Shuts out the browsers that the customer opened their link in; each may come in by the link again.
///
/// # Errors
/// `NotFound`.
pub async fn end_accesses(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    db.transaction(move |conn| {
        queries::lock(conn, id)?;
        chat::end_accesses(conn, id, user, &ip)
    })
    .await?;
    Ok(redirect_with(&format!("/contacts/{id}"), Flash::AccessesEnded))
}

/// Audits what was done, if anything was, and tells the pages that show the contact; an open page of the
/// customer learns by it that its link has ended.
fn record(
    conn: &mut PgConnection,
    action: Option<Action>,
    viewer: &Viewer,
    contact: ContactId,
    ip: &str,
) -> Result<()> {
    let Some(action) = action else { return Ok(()) };
    audit::record(conn, &audit::Entry::of(action).by(viewer.id).about(Some(contact.0)).from(ip))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))
}
