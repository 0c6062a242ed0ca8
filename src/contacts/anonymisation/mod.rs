//! "Anonimizar contato" (LGPD): erases for good who the customer is and what they said.
//!
//! The page first shows what is still open: the contact's pending schedules and open ticket. Anonymising
//! cancels the schedules and closes the ticket in the same transaction. Then it clears every text from and about
//! the contact: name, telephone number, e-mail address, identities, the IP addresses from which the
//! customer wrote, messages, comments, reasons, files, lines and file names of imports, and the link to the
//! person. The bytes of a file are deleted later, when nothing else refers to them. The person is anonymised
//! too if they have no other contact.
//!
//! What stays: ids, the tickets' protocols, times, and who attended. The audit can never be cleared, so it
//! stores neither a customer's address nor which contacts a person has.

mod anonymise;
mod queries;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use self::anonymise::{anonymise, open_ticket_state};
use super::queries::{ContactDetail, detail};
use super::views::AffectedRecords;
use crate::auth::{Can, ManageContacts, Viewer};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::refusal::FieldErrors;
use crate::web::{Posted, Shell, redirect_with};

#[derive(Template)]
#[template(path = "contacts/anonymisation.html")]
struct AnonymisationPage {
    id: ContactId,
    name: String,
    /// The person who is anonymised together with the contact.
    person: Option<String>,
    affected: AffectedRecords,
    /// The state of the open ticket when the page was rendered; see [`open_ticket_state`].
    open_ticket: String,
    /// Whether a message arrived that the page did not show.
    has_new_messages: bool,
    errors: FieldErrors,
}

pub async fn show(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let page = load(&viewer, &db, id.into_inner()).await?;
    shell.page("Anonimizar contato", page)
}

async fn load(viewer: &Viewer, db: &Db, id: ContactId) -> Result<AnonymisationPage> {
    let who = viewer.clone();
    let (detail, affected, open_ticket, has_only_contact) = db
        .run(move |conn| {
            let open_ticket = open_ticket_state(conn, id)?;
            let affected = AffectedRecords::load(conn, &who, id)?;
            let has_only_contact = queries::person_without_other_contacts(conn, id)?.is_some();
            Ok((detail(conn, id)?, affected, open_ticket, has_only_contact))
        })
        .await?;
    if detail.anonymised_at.is_some() {
        return Err(Error::Conflict);
    }
    let ContactDetail { name, person_name, .. } = detail;
    let person = person_name.filter(|_| has_only_contact);
    let errors = FieldErrors::default();
    Ok(AnonymisationPage { id, name, person, affected, open_ticket, has_new_messages: false, errors })
}

/// Anonymises the contact. If the customer or a colleague has written since the question was shown, it asks
/// again (409): otherwise those messages would be erased before anybody read them.
pub async fn create(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    if form.get("understood") != "1" {
        let mut page = load(&viewer, &db, id).await?;
        page.errors.add("understood", "Marque que você entendeu antes de anonimizar.");
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "Erro: Anonimizar contato");
        return shell.page_with(status, title, page);
    }
    let (who, shown) = (viewer.clone(), form.get("open_ticket").to_owned());
    if !db.transaction_on(id, move |conn| anonymise(conn, &who, id, &shown)).await? {
        let mut page = load(&viewer, &db, id).await?;
        page.has_new_messages = true;
        return shell.page_with(StatusCode::CONFLICT, "Erro: Anonimizar contato", page);
    }
    Ok(redirect_with(&format!("/contacts/{id}"), "Contato anonimizado."))
}
